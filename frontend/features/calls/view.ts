/** What the Calls page shows, as pure functions. */
import { spanOf, type CallQuery, type Span } from '../../api/calls';
import type { CallRecord } from '../../api/types';
import { parseRange, type Range } from '../../hooks/range';
import type { UrlState } from '../../hooks/useUrlState';
import type { Field } from '../../ui/table';
import type { Lane } from '../../ui/timeline/Timeline';
import type { Tone } from '../../ui/tokens';

export const outcomes = ['success', 'tool_error', 'error'] as const;

export const outcomeWords: Record<CallRecord['outcome'], string> = {
  success: 'ok',
  tool_error: 'tool error',
  error: 'failed',
};

export const outcomeTone: Record<CallRecord['outcome'], Tone> = {
  success: 'good',
  tool_error: 'warn',
  error: 'bad',
};

/** Without a cell of the heatmap the range of the page counts, which moves on with the clock. */
export function queryOf(url: UrlState, minutes: number, now: number): CallQuery {
  const number = (text: string | undefined) => {
    const value = Number(text ?? '');
    return Number.isFinite(value) && value > 0 ? value : 0;
  };
  return {
    provider: url.provider ?? '',
    tool: url.tool ?? '',
    who: url.who ?? '',
    outcome: outcomes.find((one) => one === url.outcome) ?? '',
    batch: url.batch ?? '',
    from: url.from ?? new Date(now - minutes * 60_000).toISOString(),
    to: url.to ?? '',
    minMs: number(url.min),
    maxMs: number(url.max),
  };
}

/** A chosen cell of the heatmap has the address's from and to: the picture that it was chosen in stays as it is. */
export const heatSpan = (url: UrlState, range: Range): Span =>
  url.min !== undefined || url.max !== undefined
    ? { minutes: parseRange({ range: url.range }).minutes }
    : spanOf(range);

export const hasFilter = (url: UrlState): boolean =>
  ['provider', 'tool', 'who', 'outcome', 'batch', 'from', 'to', 'min', 'max'].some(
    (key) => (url[key] ?? '') !== '',
  );

export const noFilter = {
  provider: '',
  tool: '',
  who: '',
  outcome: '',
  batch: '',
  from: '',
  to: '',
  min: '',
  max: '',
};

export type Part = { key: 'queue' | 'cold' | 'execute'; name: string; ms: number };

/** Where the time of a call went; the three are its whole. */
export const partsOf = (call: CallRecord): Part[] => [
  { key: 'queue', name: 'waiting for its place', ms: call.queue_ms },
  { key: 'cold', name: 'waiting for the start', ms: call.cold_start_ms },
  { key: 'execute', name: 'at the provider', ms: call.execute_ms },
];

const beganAt = (call: CallRecord) => Date.parse(call.timestamp) - call.duration_ms;

/** The calls of a batch, one below the other in the order in which they began. */
export function waterfall(calls: readonly CallRecord[]): Lane[] {
  return [...calls]
    .sort((a, b) => beganAt(a) - beganAt(b))
    .map((call) => {
      let at = beganAt(call);
      const spans = partsOf(call)
        .filter(({ ms }) => ms > 0)
        .map(({ key, name, ms }) => {
          const from = at;
          at += ms;
          return {
            key: `${call.call_id} ${key}`,
            from,
            to: at,
            tone: key === 'queue' ? 'idle' : key === 'cold' ? 'busy' : outcomeTone[call.outcome],
            label: key === 'execute' ? call.tool_name : name,
          } as const;
        });
      return { key: call.call_id, name: call.tool_name, label: call.tool_name, spans };
    });
}

/** What a batch took, what its calls took together, and what doing them side by side has saved. */
export function savings(calls: readonly CallRecord[]): { wall: number; sum: number } {
  if (calls.length === 0) return { wall: 0, sum: 0 };
  const ends = calls.map((call) => Date.parse(call.timestamp));
  return {
    wall: Math.max(...ends) - Math.min(...calls.map(beganAt)),
    sum: calls.reduce((total, call) => total + call.duration_ms, 0),
  };
}

export const callFields: readonly Field<CallRecord>[] = [
  { name: 'call_id', value: (row) => row.call_id },
  { name: 'timestamp', value: (row) => row.timestamp },
  { name: 'provider_id', value: (row) => row.provider_id },
  { name: 'tool_name', value: (row) => row.tool_name },
  { name: 'group_id', value: (row) => row.group_id },
  { name: 'who', value: (row) => row.who.id },
  { name: 'via', value: (row) => row.via },
  { name: 'outcome', value: (row) => row.outcome },
  { name: 'error_type', value: (row) => row.error_type },
  { name: 'error_message', value: (row) => row.error_message },
  { name: 'duration_ms', value: (row) => row.duration_ms },
  { name: 'queue_ms', value: (row) => row.queue_ms },
  { name: 'cold_start_ms', value: (row) => row.cold_start_ms },
  { name: 'execute_ms', value: (row) => row.execute_ms },
  { name: 'request_size_bytes', value: (row) => row.request_size_bytes },
  { name: 'result_size_bytes', value: (row) => row.result_size_bytes },
  { name: 'batch_id', value: (row) => row.batch_id },
  { name: 'trace_id', value: (row) => row.trace_id },
];
