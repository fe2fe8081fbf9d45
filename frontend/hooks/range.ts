/** How far back a page looks, as pure functions of the address. */
import type { UrlState } from './useUrlState';

export const ranges = [
  { key: '15m', minutes: 15, label: 'last 15 min' },
  { key: '1h', minutes: 60, label: 'last hour' },
  { key: '6h', minutes: 360, label: 'last 6 h' },
  { key: '24h', minutes: 1_440, label: 'last 24 h' },
  { key: '7d', minutes: 10_080, label: 'last 7 d' },
  { key: '30d', minutes: 43_200, label: 'last 30 d' },
] as const;

export type RangeKey = (typeof ranges)[number]['key'];

/** Goes without saying. */
const usual = '1h';

export type Range = {
  key: RangeKey | 'custom';
  minutes: number;
  label: string;
  /** Two moments, in ms; without them it is the last `minutes`, which move on with the clock. */
  window: { from: number; to: number } | null;
};

export type RangePatch = { range: string; from: string; to: string };

const minuteMs = 60_000;

/** From and to make it absolute; a relative one means the same tomorrow, so that is what links carry. */
export function parseRange(url: UrlState): Range {
  const from = Date.parse(url.from ?? '');
  const to = Date.parse(url.to ?? '');
  if (from < to) {
    const minutes = Math.max(1, Math.round((to - from) / minuteMs));
    return { key: 'custom', minutes, label: windowLabel(from, to), window: { from, to } };
  }
  const found =
    ranges.find(({ key }) => key === url.range) ?? ranges.find(({ key }) => key === usual);
  return { ...(found ?? ranges[0]), window: null };
}

export const lastPatch = (key: string): RangePatch => ({
  range: key === usual ? '' : key,
  from: '',
  to: '',
});

export const windowPatch = (from: number, to: number): RangePatch => ({
  range: '',
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/** The two moments it means now. */
export const windowOf = ({ window, minutes }: Range, now: number) =>
  window ?? { from: now - minutes * minuteMs, to: now };

/** Half of it earlier (-1) or later (1); what reaches the present follows it again. */
export function shifted(range: Range, direction: -1 | 1, now: number): RangePatch {
  const { from, to } = windowOf(range, now);
  const by = (direction * (to - from)) / 2;
  if (to + by >= now) {
    const same = ranges.find(({ minutes }) => minutes === range.minutes);
    return same ? lastPatch(same.key) : windowPatch(now - (to - from), now);
  }
  return windowPatch(from + by, to + by);
}

/** Twice as long around the same middle; of those that end now, the next longer one. */
export function zoomedOut(range: Range, now: number): RangePatch {
  if (!range.window) {
    const longer = ranges.find(({ minutes }) => minutes > range.minutes);
    return lastPatch(longer?.key ?? range.key);
  }
  const { from, to } = range.window;
  const half = (to - from) / 2;
  return windowPatch(from - half, Math.min(now, to + half));
}

export const rangeText = ({ key, window }: Range): string =>
  window
    ? `${new Date(window.from).toISOString()}..${new Date(window.to).toISOString()}`
    : `now-${key}`;

/** What was copied with rangeText, or null. */
export function readRange(text: string): RangePatch | null {
  const last = /^\s*now-(\w+)\s*$/.exec(text)?.[1];
  if (last) return ranges.some(({ key }) => key === last) ? lastPatch(last) : null;
  const [from, to] = text.split('..').map((part) => Date.parse(part.trim()));
  return from !== undefined && to !== undefined && from < to ? windowPatch(from, to) : null;
}

/** What a link to another page with a history takes along. */
export const keepRange = ({ range, from, to }: UrlState): Record<string, string> => ({
  ...(range ? { range } : {}),
  ...(from ? { from } : {}),
  ...(to ? { to } : {}),
});

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function windowLabel(from: number, to: number): string {
  const end = day.format(from) === day.format(to) ? '' : `${day.format(to)} `;
  return `${day.format(from)} ${clock.format(from)} – ${end}${clock.format(to)}`;
}
