import { useEffect, useMemo, useRef, useState } from 'react';
import type { ApiError } from '../api/errors';
import type { LogLine } from '../api/types';
import { emptyFeed, type Feed, type FeedRow } from './feed';
import { follow, type Change } from './useFeed';
import { logSource } from './useProviderLogs';

/** A row of one provider's feed, told apart from those of others. */
export type MergedRow = { key: string; provider: string; row: FeedRow<LogLine> };

type Source = { feed: Feed<LogLine>; isLoading: boolean; error: ApiError | null };

export type MergedLogs = {
  /** In the order of their times, oldest first. */
  rows: MergedRow[];
  /** Lines received so far, also those no longer kept. */
  received: number;
  /** Providers whose first page is still on its way. */
  loading: string[];
  failures: { provider: string; error: ApiError }[];
  retry: (provider: string) => void;
};

const fresh = (): Source => ({ feed: emptyFeed(), isLoading: true, error: null });

/** What arrives from many sockets is put in order in one go this often. */
const mergeMs = 150;

/** The stderr of several providers as one log. Providers may come and go; those that stay keep their lines. */
export function useMergedLogs(ids: readonly string[]): MergedLogs {
  const [sources, setSources] = useState<ReadonlyMap<string, Source>>(new Map());
  const [attempts, setAttempts] = useState<Readonly<Record<string, number>>>({});
  const held = useRef(new Map<string, Source>());
  const runs = useRef(new Map<string, { attempt: number; stop: () => void }>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    const publish = () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        setSources(new Map(held.current));
      }, mergeMs);
    };
    for (const [id, run] of runs.current) {
      if (ids.includes(id) && run.attempt === (attempts[id] ?? 0)) continue;
      run.stop();
      runs.current.delete(id);
      held.current.delete(id);
      publish();
    }
    for (const id of ids) {
      if (runs.current.has(id)) continue;
      held.current.set(id, fresh());
      const apply = (change: Change<LogLine>) => {
        const before = held.current.get(id);
        if (!before) return;
        held.current.set(id, { ...before, ...change(before.feed) });
        publish();
      };
      const { stop } = follow(logSource(id), apply);
      runs.current.set(id, { attempt: attempts[id] ?? 0, stop });
      publish();
    }
  }, [ids, attempts]);

  useEffect(() => {
    const all = runs.current;
    const sourcesNow = held.current;
    return () => {
      for (const run of all.values()) run.stop();
      all.clear();
      sourcesNow.clear();
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);

  const rows = useMemo(() => merge(sources), [sources]);
  const list = [...sources];
  return {
    rows,
    received: list.reduce((sum, [, { feed }]) => sum + feed.received, 0),
    loading: ids.filter((id) => sources.get(id)?.isLoading ?? true),
    failures: list.flatMap(([provider, { error }]) => (error ? [{ provider, error }] : [])),
    retry: (provider) => {
      setAttempts((before) => ({ ...before, [provider]: (before[provider] ?? 0) + 1 }));
    },
  };
}

/** By time; lines of one provider keep their own order, and a gap stands where its neighbour before it stands. */
export function merge(sources: ReadonlyMap<string, Pick<Source, 'feed'>>): MergedRow[] {
  const timed: { at: string; item: MergedRow }[] = [];
  for (const [provider, { feed }] of sources) {
    let at = '';
    for (const row of feed.rows) {
      if (row.kind === 'item' && row.value.timestamp > at) at = row.value.timestamp;
      timed.push({ at, item: { key: `${provider} ${row.kind}${row.position}`, provider, row } });
    }
  }
  // Timestamps are UTC with microseconds, so their text sorts as their time does; sorting is stable.
  timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return timed.map(({ item }) => item);
}
