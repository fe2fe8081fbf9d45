import { useMemo } from 'react';
import type { ApiError } from '../api/errors';
import { getLogs } from '../api/providers';
import type { LogLine } from '../api/types';
import type { FeedRow } from './feed';
import { useFeed, type FeedSource } from './useFeed';

export type ProviderLogs = {
  /** Oldest first, at most 1,000. */
  logs: LogLine[];
  /** The same with gaps between, where lines were dropped. */
  rows: FeedRow<LogLine>[];
  received: number;
  isConnected: boolean;
  isLoading: boolean;
  error: ApiError | null;
  retry: () => void;
};

const cap = 1_000;

/** A provider's stderr: the last lines by REST, then each new one as it is written. */
export function useProviderLogs(id: string): ProviderLogs {
  const source = useMemo(() => logSource(id), [id]);
  const { feed, ...rest } = useFeed(source);
  const logs = useMemo(
    () => feed.rows.flatMap((row) => (row.kind === 'item' ? [row.value] : [])),
    [feed.rows],
  );
  return { logs, rows: feed.rows, received: feed.received, ...rest };
}

export function logSource(id: string): FeedSource<LogLine> {
  return {
    url: `api/ws/providers/${encodeURIComponent(id)}/logs`,
    cap,
    load: async (signal) => {
      const page = await getLogs(id, cap, signal);
      return {
        items: page.logs.map((value) => ({ position: value.seq, value })),
        head: page.logs.at(-1)?.seq ?? 0,
      };
    },
    read: (message) => {
      const line = message as LogLine;
      return typeof line.seq === 'number' ? { position: line.seq, value: line } : null;
    },
  };
}
