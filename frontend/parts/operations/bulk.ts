/** What became of each provider of a bulk: by its result, or, before it has one, or had none, by what it said. */
import type { BulkResult } from '../../api/bulk';
import type { Operation, OperationEvent } from '../../api/types';

export const isBulk = (operation: Operation) => operation.operation_type === 'provider_bulk';

export function bulkResultOf(events: readonly OperationEvent[]): BulkResult | null {
  const event = events.findLast((one) => one.event_type === 'result');
  return (event?.data as { result?: BulkResult } | undefined)?.result ?? null;
}

/** The lines that a bulk logs of each provider: `math: done`, `math: skipped, why`, `math: SomeError: why`. */
const line = /^([^\s:]+): (?:(done)|skipped, (.*)|(\w+): (.*))$/s;

/** @param operation with all providers that it is about; the rest are those of which it has said nothing */
export function outcomeOf(operation: Operation, events: readonly OperationEvent[]): BulkResult {
  const result = bulkResultOf(events);
  if (result && !result.truncated) return result;
  const said: BulkResult = { ...nothing, done: [], failed: [], skipped: [], not_tried: [] };
  const rest = new Set(operation.provider_ids);
  for (const event of events) {
    const [, id, done, why, error, message = ''] = line.exec(textOf(event)) ?? [];
    if (id === undefined) continue;
    rest.delete(id);
    if (done !== undefined) said.done.push(id);
    else if (error !== undefined) said.failed.push({ provider_id: id, error, message });
    else said.skipped.push({ provider_id: id, reason: why ?? '' });
  }
  said.not_tried = [...rest];
  said.counts = {
    done: said.done.length,
    failed: said.failed.length,
    skipped: said.skipped.length,
    not_tried: said.not_tried.length,
  };
  return said;
}

const nothing = { counts: { done: 0, failed: 0, skipped: 0, not_tried: 0 }, truncated: false };

function textOf(event: OperationEvent): string {
  const { message } = event.data as { message?: unknown };
  return event.event_type === 'log' && typeof message === 'string' ? message : '';
}

export type Left = {
  ids: readonly string[];
  /** Retry the 2 that failed */
  label: string;
};

/** What there is to be done once more: what failed; where something cut it off, what it did not come to, too. */
export function leftOf(operation: Operation, events: readonly OperationEvent[]): Left {
  const { failed, not_tried: waiting } = outcomeOf(operation, events);
  const ids = failed.map((one) => one.provider_id);
  if (waiting.length === 0) return { ids, label: `Retry ${several(ids.length)} that failed` };
  const all = [...ids, ...waiting];
  return {
    ids: all,
    label: `Do ${several(all.length)} that ${all.length === 1 ? 'is' : 'are'} left`,
  };
}

const several = (count: number) => (count === 1 ? 'the one' : `the ${count}`);
