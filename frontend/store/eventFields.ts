/** What the payload of an event holds, read without trust in its types. */
import type { EventFrame } from '../api/types';
import { formatDuration } from '../ui/format';
import type { Tone } from '../ui/tokens';

export type EventText = { tone: Tone | null; text: string };

export type Fields = Readonly<Record<string, unknown>>;

export const text = (event: Fields, field: string): string => {
  const value = event[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

export const ms = (event: EventFrame, field = 'duration_ms'): string => {
  const value = event[field];
  return typeof value === 'number' ? formatDuration(value) : '';
};

export const list = (event: EventFrame, field: string): string[] => {
  const value = event[field];
  return Array.isArray(value) ? value.map(String) : [];
};

/** What an operation said. */
export const said = (event: EventFrame): Fields =>
  typeof event.data === 'object' && event.data !== null ? (event.data as Fields) : {};

export const words = (name: string) => name.replaceAll('_', ' ');

export const formatShare = (part: number) => `${String(Math.round(part * 100))} %`;

/** "a, b: c" from the parts that are there. */
export const join = (separator: string, ...parts: string[]) =>
  parts.filter((part) => part !== '').join(separator);

export type Writer = (event: EventFrame) => EventText;
