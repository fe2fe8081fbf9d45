/** Where a time axis has its marks, and what it says there. Times are milliseconds since the epoch. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [
  100,
  200,
  500,
  second,
  2 * second,
  5 * second,
  10 * second,
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  30 * day,
];

export type Range = { from: number; to: number };

/** At most `count` marks at round local times. */
export function timeTicks({ from, to }: Range, count: number): number[] {
  const span = to - from;
  if (!(span > 0) || count < 1) return [];
  const step = steps.find((one) => span / one <= count) ?? Math.ceil(span / count / day) * day;
  // Round hours are those of the person who looks.
  const shift = new Date(from).getTimezoneOffset() * minute;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const found: number[] = [];
  for (let at = first; at <= to; at += step) found.push(at);
  return found;
}

const two = (value: number) => String(value).padStart(2, '0');

/** As precise as the range needs it. */
export function tickText(at: number, { from, to }: Range): string {
  const date = new Date(at);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const span = to - from;
  if (span > 2 * day) return `${date.getDate()}. ${date.getMonth() + 1}. ${clock}`;
  if (span > 5 * minute) return clock;
  const seconds = `${clock}:${two(date.getSeconds())}`;
  return span > 5 * second ? seconds : `${seconds}.${Math.floor(date.getMilliseconds() / 100)}`;
}

/** Closer or further, around a point that stays where it is. */
export function zoomed({ from, to }: Range, factor: number, around = (from + to) / 2): Range {
  return { from: around - (around - from) * factor, to: around + (to - around) * factor };
}

export function shifted({ from, to }: Range, part: number): Range {
  const by = (to - from) * part;
  return { from: from + by, to: to + by };
}
