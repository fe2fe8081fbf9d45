import { useEffect, useMemo } from 'react';
import type { ApiError } from '../api/errors';
import type { Operation } from '../api/types';
import {
  holdOperations,
  isRunning,
  loadOperations,
  operationsUrl,
  useOperationsStore,
} from '../store/operations';
import { useWebSocketStore } from '../store/websocket';

export type OperationsView = {
  /** Newest first. */
  operations: Operation[];
  running: Operation[];
  /** How many the server keeps, also those that are not here. */
  total: number;
  isLoading: boolean;
  isConnected: boolean;
  error: ApiError | null;
  retry: () => void;
};

/**
 * Long-running work, live from the operations socket.
 *
 * @param count how many of the newest are wanted, at most 500
 */
export function useOperations(count = 100): OperationsView {
  useEffect(holdOperations, []);
  useEffect(() => {
    if (count > 100) void loadOperations(count);
  }, [count]);
  const byId = useOperationsStore((state) => state.byId);
  const order = useOperationsStore((state) => state.order);
  const total = useOperationsStore((state) => state.total);
  const load = useOperationsStore((state) => state.load);
  const status = useWebSocketStore((store) => store.connections[operationsUrl]?.status);
  const operations = useMemo(() => order.flatMap((id) => byId[id] ?? []), [order, byId]);
  const running = useMemo(() => operations.filter(isRunning), [operations]);
  return {
    operations,
    running,
    total,
    isLoading: load.phase === 'loading',
    isConnected: status === 'open',
    error: load.phase === 'error' ? load.error : null,
    retry: retry,
  };
}

const retry = () => void loadOperations();
