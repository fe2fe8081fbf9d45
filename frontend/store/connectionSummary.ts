import type { WebSocketConnection } from './websocket';

export type ConnectionSummary =
  | { kind: 'offline' }
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'refused' }
  /** retryAt null: an attempt is under way. `failing` after three failed connections. */
  | { kind: 'reconnecting'; retryAt: number | null; attempts: number; failing: boolean };

const failingFrom = 3;

/** One word about all connections of the page: the worst of them. */
export function summarise(
  connections: Record<string, WebSocketConnection>,
  online: boolean,
): ConnectionSummary {
  if (!online) return { kind: 'offline' };
  const all = Object.values(connections);
  const broken = all.filter((one) => one.status === 'reconnecting');
  if (broken.length > 0) {
    const attempts = Math.max(...broken.map((one) => one.attempts));
    const waiting = broken.flatMap((one) => (one.nextRetryAt === null ? [] : [one.nextRetryAt]));
    return {
      kind: 'reconnecting',
      retryAt: waiting.length > 0 ? Math.min(...waiting) : null,
      attempts,
      failing: attempts >= failingFrom,
    };
  }
  if (all.some((one) => one.status === 'refused')) return { kind: 'refused' };
  return all.length > 0 && all.every((one) => one.status === 'open')
    ? { kind: 'live' }
    : { kind: 'connecting' };
}
