import { api, must } from './client';
import type { Operation, OperationEvents, OperationList } from './types';

const at = (id: string) => ({ params: { path: { operation_id: id } } });

/** Newest first. */
export const listOperations = (limit: number, signal?: AbortSignal): Promise<OperationList> =>
  must(api().GET('/api/operations', { params: { query: { limit } }, signal: signal ?? null }));

export const getOperation = async (id: string, signal?: AbortSignal): Promise<Operation> => {
  const { operation } = await must(
    api().GET('/api/operations/{operation_id}', { ...at(id), signal: signal ?? null }),
  );
  return operation;
};

/** Oldest first. */
export const listOperationEvents = (id: string, signal?: AbortSignal): Promise<OperationEvents> =>
  must(api().GET('/api/operations/{operation_id}/events', { ...at(id), signal: signal ?? null }));
