/** Finding lines: what matches, what stands around it, and where a line is marked. */
import type { MergedRow } from '../../hooks/useMergedLogs';
import { levelOf, plain, type Level } from './lines';
import type { Field } from '../../ui/table';

/** Finds all matches in a line as [start, end) pairs. */
export type Matcher = (line: string) => [number, number][];

/** null: the text is no regular expression. An empty text matches nothing and marks nothing. */
export function matcherOf(text: string, regex: boolean): Matcher | null {
  if (text === '') return () => [];
  const pattern = regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, 'gi');
  } catch {
    return null;
  }
  return (line) => {
    const found: [number, number][] = [];
    for (const match of line.matchAll(compiled)) {
      if (match[0].length > 0) found.push([match.index, match.index + match[0].length]);
    }
    return found;
  };
}

/** The pieces of a line around its matches, matches at the odd places. */
export function pieces(line: string, matcher: Matcher): string[] {
  const parts: string[] = [];
  let at = 0;
  for (const [start, end] of matcher(line)) {
    parts.push(line.slice(at, start), line.slice(start, end));
    at = end;
  }
  parts.push(line.slice(at));
  return parts;
}

export const levels = ['error', 'warn', 'other'] as const;
export type LevelName = (typeof levels)[number];

const nameOf = (level: Level): LevelName => level ?? 'other';

export type ShownRow =
  | (MergedRow & { skipped?: undefined; match: boolean })
  /** Rows are left out here, because nothing near them matches. */
  | { key: string; skipped: number };

export type Selection = { rows: ShownRow[]; matches: number };

type Filter = {
  matcher: Matcher;
  /** There is something to look for. */
  active: boolean;
  onlyMatches: boolean;
  /** With onlyMatches: so many rows before and after each match. */
  around: number;
  levels: readonly string[];
};

export function select(all: readonly MergedRow[], filter: Filter): Selection {
  const wanted =
    filter.levels.length === 0
      ? all
      : all.filter(
          ({ row }) =>
            row.kind === 'gap' || filter.levels.includes(nameOf(levelOf(plain(row.value.line)))),
        );
  const hits = wanted.map(
    ({ row }) =>
      filter.active && row.kind === 'item' && filter.matcher(plain(row.value.line)).length > 0,
  );
  const matches = hits.filter(Boolean).length;
  const shown = wanted.map((one, i): ShownRow => ({ ...one, match: hits[i] === true }));
  if (!filter.onlyMatches || !filter.active) return { rows: shown, matches };
  return { rows: near(shown, hits, filter.around), matches };
}

/** Matches with their neighbours; what lies between is one row that says how much it is. */
function near(rows: readonly ShownRow[], hits: readonly boolean[], around: number): ShownRow[] {
  const keep = new Array<boolean>(rows.length).fill(false);
  hits.forEach((hit, i) => {
    if (hit) keep.fill(true, Math.max(0, i - around), Math.min(rows.length, i + around + 1));
  });
  const out: ShownRow[] = [];
  let skipped = 0;
  rows.forEach((row, i) => {
    if (!keep[i]) {
      skipped += 1;
      return;
    }
    // Without context every row is alone anyway: markers would be half of the list.
    if (skipped > 0 && around > 0) out.push({ key: `skipped before ${row.key}`, skipped });
    skipped = 0;
    out.push(row);
  });
  return out;
}

export function countLevels(rows: readonly MergedRow[]): Record<LevelName, number> {
  const counts = { error: 0, warn: 0, other: 0 };
  for (const { row } of rows) {
    if (row.kind === 'item') counts[nameOf(levelOf(plain(row.value.line)))] += 1;
  }
  return counts;
}

/** Exactly what is shown, as a file. */
export function asText(rows: readonly ShownRow[], names: boolean): string {
  return rows
    .map((shown) => {
      if (shown.skipped !== undefined) return `--- ${shown.skipped} lines not shown ---\n`;
      const { provider, row } = shown;
      const who = names ? `${provider} ` : '';
      return row.kind === 'gap'
        ? `${who}--- ${row.gap.dropped ?? 'some'} lines dropped here ---\n`
        : `${row.value.timestamp} ${who}${row.value.line}\n`;
    })
    .join('');
}

/** The same for programs: a line as it was written, or how many were dropped at that place. */
export const logFields: readonly Field<MergedRow>[] = [
  { name: 'timestamp', value: ({ row }) => (row.kind === 'item' ? row.value.timestamp : null) },
  { name: 'provider', value: ({ provider }) => provider },
  {
    name: 'level',
    value: ({ row }) => (row.kind === 'item' ? levelOf(plain(row.value.line)) : null),
  },
  { name: 'line', value: ({ row }) => (row.kind === 'item' ? row.value.line : null) },
  { name: 'dropped', value: ({ row }) => (row.kind === 'gap' ? row.gap.dropped : null) },
];
