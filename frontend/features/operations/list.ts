/** What the Operations page shows, as pure functions. */
import type { Operation } from '../../api/types';
import type { Order } from '../../hooks/useListView';
import {
  operationTitle,
  providersOf,
  standingOf,
  tookMs,
  type Standing,
} from '../../store/operationText';
import type { Field } from '../../ui/table';

export const sortKeys = ['started', 'took', 'status', 'what'] as const;
export type SortKey = (typeof sortKeys)[number];

export type View = {
  text: string;
  standings: readonly string[];
  type: string;
  order: Order<SortKey>;
};

/** Newest first is what goes without saying, so here descending means oldest first. */
export function selectOperations(
  operations: readonly Operation[],
  view: View,
  now: number,
): Operation[] {
  const needle = view.text.trim().toLowerCase();
  const found = operations.filter(
    (one) =>
      (view.standings.length === 0 || view.standings.includes(standingOf(one))) &&
      (view.type === '' || one.operation_type === view.type) &&
      (needle === '' || wordsOf(one).includes(needle)),
  );
  const sign = view.order.descending ? -1 : 1;
  const newestFirst = (a: Operation, b: Operation) => b.started_at - a.started_at;
  const compare: Record<SortKey, (a: Operation, b: Operation) => number> = {
    started: newestFirst,
    took: (a, b) => tookMs(a, now) - tookMs(b, now),
    status: (a, b) => standingOf(a).localeCompare(standingOf(b)),
    what: (a, b) => operationTitle(a).localeCompare(operationTitle(b)),
  };
  return found.sort((a, b) => sign * compare[view.order.key](a, b) || newestFirst(a, b));
}

const wordsOf = (one: Operation) =>
  `${operationTitle(one)} ${one.operation_type} ${one.message} ${one.error ?? ''} ${one.started_by} ${one.operation_id} ${providersOf(one).join(' ')}`.toLowerCase();

export function countByStanding(operations: readonly Operation[]): Map<Standing, number> {
  const counts = new Map<Standing, number>();
  for (const one of operations) {
    const standing = standingOf(one);
    counts.set(standing, (counts.get(standing) ?? 0) + 1);
  }
  return counts;
}

export const typesOf = (operations: readonly Operation[]): string[] =>
  [...new Set(operations.map((one) => one.operation_type))].sort();

const iso = (seconds: number | null) =>
  seconds === null ? null : new Date(seconds * 1_000).toISOString();

export const operationFields: readonly Field<Operation>[] = [
  { name: 'operation_id', value: (one) => one.operation_id },
  { name: 'operation_type', value: (one) => one.operation_type },
  { name: 'title', value: operationTitle },
  { name: 'status', value: (one) => one.status },
  { name: 'progress', value: (one) => one.progress },
  { name: 'message', value: (one) => one.message },
  { name: 'started_at', value: (one) => iso(one.started_at) },
  { name: 'ended_at', value: (one) => iso(one.ended_at) },
  { name: 'started_by', value: (one) => one.started_by },
  { name: 'took_ms', value: (one) => (one.ended_at === null ? null : Math.round(tookMs(one, 0))) },
  { name: 'provider_ids', value: (one) => providersOf(one).join(' ') },
  { name: 'provider_count', value: (one) => one.provider_count },
  { name: 'error', value: (one) => one.error },
  { name: 'error_type', value: (one) => one.error_type },
];
