/** The drawing of a heartbeat as pure rules: minutes in, paths out. */
import type { Tone } from './tokens';

export type Beat = {
  calls: number;
  failed: number;
  tone: Tone;
  /** The state in a word; null where nothing was there. */
  word: string | null;
};

/** A cell and the gap after it, px. */
export const pitch = 3;
const cell = 2;
export const height = 20;
const notch = 3;
const floor = height;

/** Calls on a fixed log scale, so that rows can be compared: a thousand a minute is full. */
export const tall = (calls: number): number =>
  calls <= 0 ? 0 : Math.min(1, Math.log10(1 + calls) / 3);

const box = (x: number, y: number, h: number) => `M${x} ${y}h${cell}v${h}h-${cell}z`;

/** A shape of its own for each tone: they are told apart without colour. */
function cellPath(x: number, { calls, tone }: Beat): string {
  const room = floor - notch - 1;
  const load = Math.round(tall(calls) * room);
  switch (tone) {
    case 'idle':
      return load > 1 ? box(x, floor - load, load) : box(x, floor - 1, 1);
    case 'good':
      return box(x, floor - Math.max(3, load), Math.max(3, load));
    case 'busy':
      return box(x, floor - Math.max(8, load), 2) + box(x, floor - 3, 3);
    case 'warn': {
      const top = Math.max(10, load);
      return dashes(x, top, 4, 1);
    }
    case 'bad':
      return dashes(x, room, 2, 2);
  }
}

function dashes(x: number, tallness: number, on: number, off: number): string {
  let path = '';
  for (let up = 0; up < tallness; up += on + off) {
    const h = Math.min(on, tallness - up);
    path += box(x, floor - up - h, h);
  }
  return path;
}

export type Drawing = { tones: Partial<Record<Tone, string>>; notches: string };

/** One path for each tone, and one for the notches above minutes with failures. */
export function draw(beats: readonly Beat[]): Drawing {
  const tones: Partial<Record<Tone, string>> = {};
  let notches = '';
  beats.forEach((beat, i) => {
    const x = i * pitch;
    if (beat.word !== null) tones[beat.tone] = (tones[beat.tone] ?? '') + cellPath(x, beat);
    if (beat.failed > 0) notches += box(x, 0, notch);
  });
  return { tones, notches };
}

const many = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

/** "60 minutes: 12 calls, 3 with failures, dead for 2" */
export function sentence(beats: readonly Beat[]): string {
  const calls = beats.reduce((sum, beat) => sum + beat.calls, 0);
  const failing = beats.filter((beat) => beat.failed > 0).length;
  const inState = new Map<string, number>();
  for (const { word, tone } of beats) {
    if (word !== null && (tone === 'bad' || tone === 'warn'))
      inState.set(word, (inState.get(word) ?? 0) + 1);
  }
  return `${many(beats.length, 'minute')}: ${[
    calls === 0 ? 'no calls' : many(calls, 'call'),
    ...(failing > 0 ? [`${failing} with failures`] : []),
    ...[...inState].map(([word, minutes]) => `${word} for ${minutes}`),
  ].join(', ')}`;
}

/** What one minute says. */
export function minuteWords({ calls, failed, word }: Beat, clock: string): string {
  if (word === null) return `${clock}: was not there`;
  const did = calls === 0 ? 'no calls' : many(calls, 'call');
  return `${clock}: ${did}${failed > 0 ? `, ${failed} failed` : ''}, ${word}`;
}
