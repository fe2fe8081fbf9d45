/** The objects that an operation is about or has made: what it was told, and what came of it. */
import type { Operation, OperationEvent } from '../../api/types';
import { providersOf } from '../../store/operationText';
import type { Destination } from '../actions/action';

export type ObjectLink = { kind: string; name: string; at: Destination };

const kinds: Record<string, { kind: string; at: (id: string) => Destination }> = {
  provider_id: { kind: 'provider', at: (id) => ({ to: '/providers/$id', params: { id } }) },
  group_id: { kind: 'group', at: (id) => ({ to: '/groups/$id', params: { id } }) },
  entry_id: { kind: 'catalog entry', at: (id) => ({ to: '/catalog', search: { entry: id } }) },
  source_id: { kind: 'source', at: () => ({ to: '/discovery' }) },
};

/** Every `provider_id` and the like of its metadata and its result, each once. */
export function linksOf(operation: Operation, events: readonly OperationEvent[]): ObjectLink[] {
  const result = events.findLast((event) => event.event_type === 'result');
  const told = [
    operation.metadata,
    (result?.data as { result?: unknown } | undefined)?.result,
    ...providersOf(operation).map((id) => ({ provider_id: id })),
  ];
  const found = new Map<string, ObjectLink>();
  for (const one of told) {
    if (typeof one !== 'object' || one === null) continue;
    for (const [name, { kind, at }] of Object.entries(kinds)) {
      const id = (one as Record<string, unknown>)[name];
      if (typeof id === 'string' && id !== '')
        found.set(`${kind} ${id}`, { kind, name: id, at: at(id) });
    }
  }
  return [...found.values()];
}
