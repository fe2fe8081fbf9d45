/** What the Tools page shows, as pure functions. */
import type { FleetTool } from '../../api/types';
import { byText, type Order } from '../../hooks/useListView';
import { kindOfTool, kinds } from '../../parts/calls/hints';
import type { Field } from '../../ui/table';

export const sortKeys = ['tool', 'provider', 'kind', 'size'] as const;
export type SortKey = (typeof sortKeys)[number];

export type View = {
  text: string;
  provider: string;
  kinds: readonly string[];
  order: Order<SortKey>;
};

/** Every word typed has to be somewhere in the name, title, description or provider. */
export function selectTools(tools: readonly FleetTool[], view: View): FleetTool[] {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = tools.filter(
    (one) =>
      (view.provider === '' || one.provider_id === view.provider) &&
      (view.kinds.length === 0 || view.kinds.includes(kindOfTool(one))) &&
      (words.length === 0 || matches(one, words)),
  );
  const sign = view.order.descending ? -1 : 1;
  return found.sort((a, b) => sign * compare[view.order.key](a, b) || byName(a, b));
}

function matches(tool: FleetTool, words: readonly string[]): boolean {
  const text =
    `${tool.name} ${tool.title ?? ''} ${tool.provider_id} ${tool.description}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

type Compare = (a: FleetTool, b: FleetTool) => number;

const byName: Compare = (a, b) => byText(a.name, b.name) || byText(a.provider_id, b.provider_id);

const compare: Record<SortKey, Compare> = {
  tool: byName,
  provider: (a, b) => byText(a.provider_id, b.provider_id),
  kind: (a, b) => kinds.indexOf(kindOfTool(a)) - kinds.indexOf(kindOfTool(b)),
  size: (a, b) => a.bytes - b.bytes,
};

export const toolKey = (tool: FleetTool): string => `${tool.provider_id}/${tool.name}`;

export const toolFields: readonly Field<FleetTool>[] = [
  { name: 'provider', value: (tool) => tool.provider_id },
  { name: 'tool', value: (tool) => tool.name },
  { name: 'title', value: (tool) => tool.title ?? '' },
  { name: 'kind', value: kindOfTool },
  { name: 'bytes', value: (tool) => tool.bytes },
  { name: 'description', value: (tool) => tool.description },
];
