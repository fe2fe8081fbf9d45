import { useQuery } from '@tanstack/react-query';
import { callOfTrace } from '../../api/calls';
import { keys } from '../../api/keys';
import type { CallRecord } from '../../api/types';
import { useMay } from '../../hooks/useMay';

const times = 5;
const everyMs = 400;

/** The record of a call that has ended; it may come a moment after the answer, and not everybody may read it. */
export function useCallRecord(trace: string, tool: string): CallRecord | null {
  const may = useMay('call:read') === true;
  const query = useQuery({
    queryKey: keys.callOfTrace(trace),
    queryFn: ({ signal }) => callOfTrace(trace, tool, signal),
    enabled: may,
    retry: false,
    staleTime: Infinity,
    refetchInterval: ({ state }) =>
      state.data === null && state.dataUpdateCount < times ? everyMs : false,
  });
  return query.data ?? null;
}
