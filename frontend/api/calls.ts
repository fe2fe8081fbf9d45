import { api, must } from './client';
import type { CallPage, CallRecord, MetricsHistory } from './types';

export type CallQuery = {
  provider: string;
  tool: string;
  who: string;
  outcome: CallRecord['outcome'] | '';
  batch: string;
  /** RFC 3339, or empty. */
  from: string;
  to: string;
  minMs: number;
  maxMs: number;
  /** The door: mcp, rest; any without. */
  via?: string;
};

const page = 200;

export const listCalls = (
  query: CallQuery,
  before: number,
  signal?: AbortSignal,
): Promise<CallPage> =>
  must(
    api().GET('/api/calls', {
      params: { query: { limit: page, ...parametersOf(query), ...(before > 0 ? { before } : {}) } },
      signal: signal ?? null,
    }),
  );

export function parametersOf(query: CallQuery) {
  return {
    ...(query.provider === '' ? {} : { provider_id: query.provider }),
    ...(query.tool === '' ? {} : { tool_name: query.tool }),
    ...(query.who === '' ? {} : { who: query.who }),
    ...(query.outcome === '' ? {} : { outcome: query.outcome }),
    ...(query.batch === '' ? {} : { batch_id: query.batch }),
    ...(query.from === '' ? {} : { from: query.from }),
    ...(query.to === '' ? {} : { to: query.to }),
    ...(query.via ? { via: query.via } : {}),
    ...(query.minMs > 0 ? { min_ms: query.minMs } : {}),
    ...(query.maxMs > 0 ? { max_ms: query.maxMs } : {}),
  };
}

export const getCall = async (id: string, signal?: AbortSignal): Promise<CallRecord> => {
  const { call } = await must(
    api().GET('/api/calls/{call_id}', {
      params: { path: { call_id: id } },
      signal: signal ?? null,
    }),
  );
  return call;
};

/** The newest calls of a tool suffice: whoever asks has made the call just now. */
const recent = 50;

/** The record of a call that was made with this trace id; null: it is not on record, or not yet. */
export async function callOfTrace(
  trace: string,
  tool: string,
  signal?: AbortSignal,
): Promise<CallRecord | null> {
  const { calls } = await must(
    api().GET('/api/calls', {
      params: { query: { limit: recent, tool_name: tool } },
      signal: signal ?? null,
    }),
  );
  return calls.find((one) => one.trace_id === trace) ?? null;
}

/** The last minutes, or from one moment to another (RFC 3339). */
export type Span = { minutes: number; from?: string; to?: string };

export function spanOf(range: {
  minutes: number;
  window: { from: number; to: number } | null;
}): Span {
  const { minutes, window } = range;
  if (!window) return { minutes };
  return {
    minutes,
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
  };
}

export type HistoryQuery = Span & {
  metrics: readonly string[];
  provider?: string;
  by?: 'provider';
};

export const getHistory = (query: HistoryQuery, signal?: AbortSignal): Promise<MetricsHistory> =>
  must(
    api().GET('/api/observability/metrics/history', {
      params: {
        query: {
          ...(query.from && query.to
            ? { from: query.from, to: query.to }
            : { minutes: query.minutes }),
          metric: [query.metrics.join(',')], // one parameter with commas between
          ...(query.provider ? { provider: query.provider } : {}),
          ...(query.by ? { by: query.by } : {}),
        },
      },
      signal: signal ?? null,
    }),
  );
