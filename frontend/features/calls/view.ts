/** What the Calls page shows, as pure functions. */
import { spanOf, type CallQuery, type Span } from '../../api/calls';
import type { CallRecord } from '../../api/types';
import { parseRange, type Range } from '../../hooks/range';
import type { UrlState } from '../../hooks/useUrlState';
import { outcomes, outcomeTone, partsOf } from '../../parts/calls/record';
import type { Lane } from '../../ui/timeline/Timeline';

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

export type FailureGroup = {
  key: string;
  provider: string;
  tool: string;
  outcome: CallRecord['outcome'];
  errorType: string;
  count: number;
  first: string;
  last: string;
};

/** Failures of one tool in one way are one failure seen so many times; the most frequent stand first. */
export function failureGroups(calls: readonly CallRecord[]): FailureGroup[] {
  const found = new Map<string, FailureGroup>();
  for (const call of calls) {
    if (call.outcome === 'success') continue;
    const key = JSON.stringify([call.provider_id, call.tool_name, call.outcome, call.error_type]);
    const at = call.timestamp;
    const before = found.get(key);
    found.set(key, {
      key,
      provider: call.provider_id,
      tool: call.tool_name,
      outcome: call.outcome,
      errorType: call.error_type,
      count: (before?.count ?? 0) + 1,
      first: before && Date.parse(before.first) < Date.parse(at) ? before.first : at,
      last: before && Date.parse(before.last) > Date.parse(at) ? before.last : at,
    });
  }
  return [...found.values()].sort(
    (a, b) => b.count - a.count || Date.parse(b.last) - Date.parse(a.last),
  );
}
