/** What the past of its kind tells about an operation: how long it usually takes, and how much of that is left. */
import type { Operation } from '../api/types';
import { operationTitle, tookMs } from './operationText';

/** So many of the very same must have ended well before one speaks of usual; of its whole kind more, which differ. */
const enoughAlike = 3;
const enoughOfKind = 5;
/** Calls of one tool say nothing about those of another, nor one bulk about the next. */
const ofTheirOwn = new Set(['tool_call', 'provider_bulk']);

export type Usual = {
  ms: number;
  /** How many it was learned from. */
  of: number;
};

/** The middle of what operations like this one took, or null where there are too few. */
export function usualOf(operations: readonly Operation[], one: Operation): Usual | null {
  const kind = operations.filter(
    (other) =>
      other.operation_type === one.operation_type &&
      other.status === 'completed' &&
      other.operation_id !== one.operation_id,
  );
  const title = operationTitle(one);
  const alike = kind.filter((other) => operationTitle(other) === title);
  if (alike.length >= enoughAlike) return middle(alike);
  if (kind.length < enoughOfKind || ofTheirOwn.has(one.operation_type)) return null;
  return middle(kind);
}

function middle(operations: readonly Operation[]): Usual {
  const took = operations.map((one) => tookMs(one, 0)).sort((a, b) => a - b);
  const half = Math.floor(took.length / 2);
  const upper = took[half] ?? 0;
  const ms = took.length % 2 === 1 ? upper : (upper + (took[half - 1] ?? 0)) / 2;
  return { ms, of: took.length };
}

/** Below this a share of the way says too little. */
const leastShare = 0.03;
const leastMs = 2_000;

/** How much longer it will take, in ms: from its own progress where it tells any, else from what is usual; else null. */
export function leftMs(one: Operation, usual: Usual | null, now: number): number | null {
  if (one.ended_at !== null) return null;
  const took = tookMs(one, now);
  if (one.progress >= leastShare && one.progress < 1 && took >= leastMs) {
    return (took * (1 - one.progress)) / one.progress;
  }
  return usual !== null && usual.ms > took ? usual.ms - took : null;
}
