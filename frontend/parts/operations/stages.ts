/** Where the time of an operation went: what it said it was doing, and for how long. */
import type { OperationEvent } from '../../api/types';

export type Stage = {
  name: string;
  message: string;
  /** ms since the epoch */
  from: number;
  /** null: it is at it. */
  to: number | null;
};

/** In words for people; what a producer calls its stages is shown as it is. */
const names: Record<string, string> = {
  running: 'preparing',
  launching: 'launching the process',
  pulling: 'pulling the image',
  creating: 'creating the container',
  connecting: 'connecting',
  handshake: 'MCP handshake',
  listing: 'listing its tools',
};

export const stageName = (status: string): string => names[status] ?? status.replaceAll('_', ' ');

/** @param events of one operation, oldest first */
export function stagesOf(events: readonly OperationEvent[]): Stage[] {
  const stages: Stage[] = [];
  for (const event of events) {
    const at = event.timestamp * 1_000;
    const last = stages.at(-1);
    if (event.event_type === 'status') {
      if (last) last.to = at;
      const { status = '', message = '' } = event.data as { status?: string; message?: string };
      stages.push({ name: stageName(status), message, from: at, to: null });
    }
    if (event.event_type === 'completed' || event.event_type === 'error') {
      if (last) last.to ??= at;
    }
  }
  return stages;
}
