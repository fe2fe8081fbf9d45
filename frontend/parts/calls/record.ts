/** A call as lists show it and files have it. */
import type { CallRecord } from '../../api/types';
import type { Field } from '../../ui/table';
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

export type Part = { key: 'queue' | 'cold' | 'execute'; name: string; ms: number };

/** Where the time of a call went; the three are its whole. */
export const partsOf = (call: CallRecord): Part[] => [
  { key: 'queue', name: 'waiting for its place', ms: call.queue_ms },
  { key: 'cold', name: 'waiting for the start', ms: call.cold_start_ms },
  { key: 'execute', name: 'at the provider', ms: call.execute_ms },
];
