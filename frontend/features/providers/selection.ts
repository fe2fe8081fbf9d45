/** Which rows of the list are marked, and what a bulk is asked to do with them: pure, so that no page is needed to try it. */
import type { BulkOrder } from '../../api/types';
import type { ProviderState } from '../../store/states';

/**
 * Single rows, or everything that matches a filter, which then the server evaluates. `anchor` is where a range begins.
 * What is marked belongs to the filter under which it was: whoever filters anew does not act on what is out of sight.
 */
export type Selection = {
  filter: string;
  anchor: string | null;
  marked: { kind: 'some'; ids: ReadonlySet<string> } | { kind: 'all' };
};

export type Filter = {
  text: string;
  states: readonly ProviderState[];
  faults: boolean;
  /** What else narrows the list, that only the page can judge; empty for nothing. */
  here?: string;
};

export const filterKey = ({ text, states, faults, here = '' }: Filter): string =>
  JSON.stringify([text.trim().toLowerCase(), [...states].sort(), faults, here]);

export const nothing = (filter: string): Selection => ({
  filter,
  anchor: null,
  marked: { kind: 'some', ids: new Set() },
});

/** The selection, as far as it belongs to this filter. */
export const under = (selection: Selection, filter: string): Selection =>
  selection.filter === filter ? selection : nothing(filter);

export const isMarked = ({ marked }: Selection, id: string): boolean =>
  marked.kind === 'all' || marked.ids.has(id);

/** What is marked of the rows that there are: a provider that is gone is not acted on. */
export const picked = (selection: Selection, rows: readonly string[]): string[] =>
  rows.filter((id) => isMarked(selection, id));

const some = (filter: string, ids: Iterable<string>, anchor: string | null): Selection => ({
  filter,
  anchor,
  marked: { kind: 'some', ids: new Set(ids) },
});

/** Marks a row, or takes the mark away. */
export function toggle(selection: Selection, id: string, rows: readonly string[]): Selection {
  const ids = new Set(picked(selection, rows));
  if (!ids.delete(id)) ids.add(id);
  return some(selection.filter, ids, id);
}

/** Marks everything from where the last mark was set up to this row, in the order of the list. */
export function range(selection: Selection, to: string, rows: readonly string[]): Selection {
  const from = selection.anchor === null ? -1 : rows.indexOf(selection.anchor);
  const end = rows.indexOf(to);
  if (from < 0 || end < 0) return toggle(selection, to, rows);
  const between = rows.slice(Math.min(from, end), Math.max(from, end) + 1);
  return some(selection.filter, [...picked(selection, rows), ...between], to);
}

export type Header = 'none' | 'some' | 'all';

export function headerOf(selection: Selection, rows: readonly string[]): Header {
  const count = picked(selection, rows).length;
  return count === 0 ? 'none' : count < rows.length ? 'some' : 'all';
}

/** The box in the head: marks every row, or, when all are, none. */
export const toggleAll = (selection: Selection, rows: readonly string[]): Selection =>
  headerOf(selection, rows) === 'all'
    ? nothing(selection.filter)
    : some(selection.filter, rows, null);

/** Everything that matches, whatever it is when the server looks. */
export const matching = ({ filter }: Selection): Selection => ({
  filter,
  anchor: null,
  marked: { kind: 'all' },
});

/**
 * What the server is asked. What is deleted by filter has to be as many as were seen. Where the server cannot judge the
 * filter it is told the rows: never more than is in sight.
 */
export function orderOf(
  verb: BulkOrder['verb'],
  selection: Selection,
  rows: readonly string[],
  filter: Filter,
): BulkOrder {
  if (selection.marked.kind === 'some' || filter.here)
    return { verb, provider_ids: picked(selection, rows) };
  return {
    verb,
    filter: {
      ...(filter.text.trim() === '' ? {} : { search: filter.text.trim() }),
      ...(filter.states.length === 0 ? {} : { states: [...filter.states] }),
      ...(filter.faults ? { attention: true } : {}),
    },
    ...(verb === 'delete' ? { expect: rows.length } : {}),
  };
}
