import { useCallback, useEffect, useState } from 'react';
import { toApiError, type ApiError } from '../api/errors';
import { isReset } from '../store/socketUrl';
import { onMessage, useWebSocketStore, websocketStore } from '../store/websocket';
import {
  append,
  emptyFeed,
  feedFrom,
  gapOf,
  type Feed,
  type FeedRow,
  type Positioned,
} from './feed';

/** Where a feed comes from. Keep the object while it stays the same (useMemo): a new one starts the feed anew. */
export type FeedSource<T> = {
  url: string;
  cap: number;
  /** The newest page by REST, oldest first, and the position after which the socket goes on. */
  load: (signal: AbortSignal) => Promise<{ items: Positioned<T>[]; head: number }>;
  /** An item of this feed, or null for a frame that is none. */
  read: (message: unknown) => Positioned<T> | null;
};

export type FeedView<T> = {
  feed: Feed<T>;
  isLoading: boolean;
  error: ApiError | null;
  isConnected: boolean;
  retry: () => void;
};

type Loaded<T> = { feed: Feed<T>; isLoading: boolean; error: ApiError | null };
type Held<T> = Loaded<T> & { source: FeedSource<T> };

const stepMs = 100;

/**
 * REST first, then the socket after the last thing that REST knew. Listening begins before the request, so nothing falls
 * between the two; positions remove what came twice. A reset frame starts over with a new page.
 */
export function useFeed<T>(source: FeedSource<T>): FeedView<T> {
  const start = (): Held<T> => ({ source, feed: emptyFeed<T>(), isLoading: true, error: null });
  const [held, setHeld] = useState(start);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const run = follow(source, (change) => {
      setHeld((before) => ({
        ...(before.source === source
          ? before
          : { feed: emptyFeed<T>(), isLoading: true, error: null }),
        ...change(before.source === source ? before.feed : emptyFeed<T>()),
        source,
      }));
    });
    return run.stop;
  }, [source, attempt]);

  const retry = useCallback(() => {
    setHeld((before) => ({ ...before, isLoading: true, error: null }));
    setAttempt((n) => n + 1);
  }, []);

  const status = useWebSocketStore((store) => store.connections[source.url]?.status);
  const view = held.source === source ? held : start();
  return {
    feed: view.feed,
    isLoading: view.isLoading,
    error: view.error,
    isConnected: status === 'open',
    retry,
  };
}

/** A step of a feed: from what is held to what is new of it. */
export type Change<T> = (feed: Feed<T>) => Partial<Loaded<T>>;

/** The effect of useFeed, for who follows several feeds at once. Ends with stop. */
export function follow<T>(source: FeedSource<T>, apply: (change: Change<T>) => void) {
  const controller = new AbortController();
  let buffer: FeedRow<T>[] = [];
  let loading = false;
  let connected = false;
  let step: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    step = undefined;
    if (loading) return; // the page under way comes first, what arrived since goes on top
    const rows = buffer;
    buffer = [];
    apply((feed) => ({ feed: append(feed, rows, source.cap) }));
  };

  const load = async () => {
    loading = true;
    try {
      const page = await source.load(controller.signal);
      if (controller.signal.aborted) return;
      const rows = buffer;
      buffer = [];
      apply(() => ({
        feed: append(feedFrom(page.items, page.head, source.cap), rows, source.cap),
        isLoading: false,
        error: null,
      }));
      if (!connected) {
        connected = true;
        websocketStore.getState().connect(source.url, { since: page.head });
      }
    } catch (thrown) {
      if (controller.signal.aborted) return;
      apply(() => ({ isLoading: false, error: toApiError(thrown) }));
    } finally {
      loading = false;
    }
  };

  const stopListening = onMessage(source.url, (message) => {
    if (isReset(message)) {
      buffer = [];
      void load();
      return;
    }
    const gap = gapOf(message);
    const item = gap ? null : source.read(message);
    if (gap) buffer.push({ kind: 'gap', ...gap });
    else if (item) buffer.push({ kind: 'item', ...item });
    else return;
    step ??= setTimeout(flush, stepMs);
  });

  void load();
  return {
    stop: () => {
      controller.abort();
      stopListening();
      clearTimeout(step);
      if (connected) websocketStore.getState().disconnect(source.url);
    },
  };
}
