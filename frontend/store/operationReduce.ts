/** Operations as their frames tell them: same picture and frame in, same picture out. */
import type { Operation } from '../api/types';

/** What `/api/ws/operations` says about one operation (seed 002; docs/websockets.md). */
export type OperationFrame = {
  event_type: 'progress' | 'status' | 'log' | 'result' | 'completed' | 'error';
  operation_id: string;
  /** Unix seconds. */
  timestamp: number;
  position: number;
  event_id: string;
  data: Record<string, unknown>;
};

const kinds = new Set(['progress', 'status', 'log', 'result', 'completed', 'error']);

export function isOperationFrame(message: unknown): message is OperationFrame {
  if (typeof message !== 'object' || message === null) return false;
  const frame = message as Partial<OperationFrame>;
  return kinds.has(frame.event_type ?? '') && typeof frame.position === 'number';
}

export type Operations = Readonly<Record<string, Operation>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What ended takes no more; of what is not known, only the beginning says enough to show it. */
export function reduceOperation(operations: Operations, frame: OperationFrame): Operations {
  const before = operations[frame.operation_id] ?? begun(frame);
  if (before?.ended_at !== null) return operations; // not known, or ended
  const after = { ...before, event_count: before.event_count + 1, ...changeOf(frame) };
  return { ...operations, [frame.operation_id]: after };
}

function changeOf({ event_type, data, timestamp }: OperationFrame): Partial<Operation> {
  switch (event_type) {
    case 'progress':
      return { progress: Number(data.progress ?? 0), message: text(data.message) };
    case 'status':
      return {
        status: text(data.status),
        ...(text(data.message) === '' ? {} : { message: text(data.message) }),
      };
    case 'completed':
      return { status: 'completed', progress: 1, ended_at: timestamp };
    case 'error':
      return {
        status: data.error_type === 'CancelledError' ? 'cancelled' : 'error',
        error: text(data.error),
        error_type: text(data.error_type),
        ended_at: timestamp,
      };
    default:
      return {};
  }
}

/** The first frame of an operation tells its type and metadata; who began it, and whether it can be cancelled, REST does. */
function begun(frame: OperationFrame): Operation | null {
  const details = isRecord(frame.data.details) ? frame.data.details : {};
  if (frame.event_type !== 'status' || typeof details.operation_type !== 'string') return null;
  return {
    operation_id: frame.operation_id,
    operation_type: details.operation_type,
    started_at: frame.timestamp,
    ended_at: null,
    status: 'running',
    progress: 0,
    message: '',
    metadata: details.metadata ?? {},
    event_count: 0,
    cancellable: false,
    error: null,
    error_type: null,
    started_by: '',
    provider_ids: [],
    provider_count: 0,
  };
}
