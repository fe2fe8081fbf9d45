/** How far an operation has come in its own measure: bytes where it counts them, else whatever it counts. */
import type { OperationEvent } from '../../api/types';
import { formatBytes, formatNumber } from '../../ui/format';

const pairs = [
  ['bytes', 'total_bytes', formatBytes],
  ['progress', 'total', formatNumber],
  ['done', 'total', formatNumber],
  ['count', 'total', formatNumber],
] as const;

/** 3.1 MB of 10.4 MB; 5 of 60; or nothing. */
export function measureOf(events: readonly OperationEvent[]): string {
  const last = events.findLast((event) => event.event_type === 'progress');
  const details = (last?.data as { details?: Record<string, unknown> } | undefined)?.details ?? {};
  for (const [name, total, format] of pairs) {
    const [done, all] = [details[name], details[total]];
    if (typeof done === 'number' && typeof all === 'number' && all > 0) {
      return `${format(done)} of ${format(all)}`;
    }
  }
  return '';
}
