/** Operations over time: lanes by kind, as pure functions. */
import type { Operation } from '../../api/types';
import { operationTitle, standingOf, standingTone, typeWords } from '../../store/operationText';
import { shown } from '../../ui/shown';
import type { Lane, Span } from '../../ui/timeline/Timeline';
import type { Range } from '../../ui/timeline/ticks';

/** What goes on at once stands one below the other, so many deep; the rest lies on top of the last. */
const deepest = 3;

/** One lane per kind, and more of them where several went on at once; the kinds by their names. */
export function historyLanes(operations: readonly Operation[], now: number): Lane[] {
  const kinds = new Map<string, Operation[]>();
  for (const one of operations) {
    kinds.set(one.operation_type, [...(kinds.get(one.operation_type) ?? []), one]);
  }
  return [...kinds]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([kind, those]) =>
      rowsOf(those, now).map((row, i) => ({
        key: `${kind} ${i}`,
        label: i === 0 ? typeWords(kind) : '',
        name: typeWords(kind),
        spans: row.map(spanOf),
      })),
    );
}

/** Each into the first row that is free by then. */
function rowsOf(operations: readonly Operation[], now: number): Operation[][] {
  const rows: { free: number; of: Operation[] }[] = [];
  for (const one of [...operations].sort((a, b) => a.started_at - b.started_at)) {
    let row = rows.find(({ free }) => free <= one.started_at);
    if (!row && rows.length < deepest) {
      row = { free: 0, of: [] };
      rows.push(row);
    }
    row ??= rows.at(-1);
    if (!row) continue;
    row.of.push(one);
    row.free = Math.max(row.free, one.ended_at ?? now / 1_000);
  }
  return rows.map(({ of }) => of);
}

function spanOf(one: Operation): Span {
  const standing = standingOf(one);
  const said = one.error ?? one.message;
  return {
    key: one.operation_id,
    from: one.started_at * 1_000,
    to: one.ended_at === null ? null : one.ended_at * 1_000,
    tone: standingTone[standing],
    label: operationTitle(one),
    note: said === '' || said === standing ? standing : `${standing}, ${shown(said)}`,
  };
}

/** From the first of them to now, with a little room at both ends. */
export function historyRange(operations: readonly Operation[], now: number): Range {
  const first = Math.min(now, ...operations.map((one) => one.started_at * 1_000));
  const room = Math.max(1_000, (now - first) * 0.01);
  return { from: first - room, to: now + room };
}
