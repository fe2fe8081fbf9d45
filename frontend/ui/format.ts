import { readLook } from './look';

const numbers = new Intl.NumberFormat('en');

export const formatNumber = (value: number): string => numbers.format(value);

/** 850 µs, 12 ms, 1.2 s, 4 min 5 s, 3 h 2 min, 5 d 4 h: two units at most. */
export function formatDuration(ms: number): string {
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.95) return `${Number(s.toFixed(1))} s`;
  const whole = Math.round(s);
  if (whole < 3_600) return pair(whole, 60, 'min', 's');
  const minutes = Math.floor(whole / 60);
  if (minutes < 1_440) return pair(minutes, 60, 'h', 'min');
  return pair(Math.floor(minutes / 60), 24, 'd', 'h');
}

function pair(value: number, per: number, big: string, small: string): string {
  const rest = value % per;
  const whole = `${Math.floor(value / per)} ${big}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** What is left, as roughly as it is known: a moment, about 40 s left, about 5 min left. */
export function formatLeft(ms: number): string {
  if (ms < 3_000) return 'a moment left';
  const s = ms / 1_000;
  if (s < 55) return `about ${Math.ceil(s / 5) * 5} s left`;
  if (s < 3_570) return `about ${Math.round(s / 60)} min left`;
  return `about ${formatDuration(Math.round(s / 600) * 600_000)} left`;
}

/** How long ago, in one unit: now, 12 s ago, 3 min ago, 2 h ago, 4 d ago. */
export function formatAgo(then: number, now: number): string {
  const s = Math.round((now - then) / 1000);
  if (s < 2) return 'now';
  if (s < 60) return `${s} s ago`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

/** Time of day with milliseconds, as log lines want it. */
export function formatClock(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  if (readLook().utc) return date.toISOString().slice(11, 23);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function full(): Intl.DateTimeFormat {
  const { utc, hour12 } = readLook();
  const name = `${utc} ${hour12}`;
  const format =
    formats.get(name) ??
    new Intl.DateTimeFormat(hour12 ? 'en-US' : 'en-GB', {
      dateStyle: 'medium',
      timeStyle: 'long',
      ...(utc ? { timeZone: 'UTC' } : {}),
    });
  formats.set(name, format);
  return format;
}

export function formatDateTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : full().format(date);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;
