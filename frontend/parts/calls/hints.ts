import type { FleetTool } from '../../api/types';
import { isRecord } from './schema';

/** What a server claims about its tool (MCP annotations), as one word: claims, not guarantees. */
export const kinds = ['read-only', 'destructive', 'writes', 'unsaid'] as const;
export type ToolKind = (typeof kinds)[number];

export function kindOfTool({ annotations }: Pick<FleetTool, 'annotations'>): ToolKind {
  if (!isRecord(annotations)) return 'unsaid';
  if (annotations.readOnlyHint === true) return 'read-only';
  if (annotations.destructiveHint === true) return 'destructive';
  return annotations.readOnlyHint === false || annotations.destructiveHint === false
    ? 'writes'
    : 'unsaid';
}
