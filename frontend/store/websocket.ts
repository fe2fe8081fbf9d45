import { createStore, useStore } from 'zustand';
import { checkSession } from '../api/session';
import { retryDelayMs } from './backoff';
import { omit } from './omit';
import { isReset, positionOf, socketUrl } from './socketUrl';

export type ConnectionStatus =
  | 'connecting' // first attempt
  | 'open'
  | 'reconnecting' // waiting for nextRetryAt, or trying again
  | 'refused'; // the server does not want us back

export interface WebSocketConnection {
  url: string;
  status: ConnectionStatus;
  /** For looking at. At most one update per 100 ms: whoever needs every message uses onMessage. */
  lastMessage: unknown;
  /** Failed connections since the last good one. */
  attempts: number;
  /** Milliseconds since the epoch, while a retry is waiting. */
  nextRetryAt: number | null;
  /** Position of the last event, or number of the last log line, from which a reconnect resumes. */
  lastPosition: number | null;
}

export interface WebSocketStore {
  connections: Record<string, WebSocketConnection>;
  /** Opens, or shares, the connection of this URL. Each connect needs its disconnect. */
  connect: (url: string, options?: { since?: number }) => void;
  disconnect: (url: string) => void;
  /** Tries every connection that is not open now, without waiting for its turn. */
  reconnectAll: () => void;
}

type Listener = (message: unknown) => void;

/** What React need not see of a connection. */
type Line = {
  users: number;
  socket: WebSocket | null;
  retry: ReturnType<typeof setTimeout> | undefined;
  flush: ReturnType<typeof setTimeout> | undefined;
  flushedAt: number;
  pending: Partial<WebSocketConnection> | null;
  lastPosition: number | null;
  attempts: number;
  openedAt: number | null;
};

/** A quiet stream sends nothing for hours: staying up this long counts as a good connection too. */
const steadyAfterMs = 5_000;
const showEveryMs = 100;

const lines = new Map<string, Line>();
const listeners = new Map<string, Set<Listener>>();

export const websocketStore = createStore<WebSocketStore>(() => ({
  connections: {},
  connect,
  disconnect,
  reconnectAll,
}));

export const useWebSocketStore = <T>(selector: (store: WebSocketStore) => T): T =>
  useStore(websocketStore, selector);

/** Every message of this URL's connection, in order, none left out. Independent of connect, so one can listen first. */
export function onMessage(url: string, listener: Listener): () => void {
  const set = listeners.get(url) ?? new Set();
  listeners.set(url, set.add(listener));
  return () => {
    set.delete(listener);
    if (set.size === 0 && listeners.get(url) === set) listeners.delete(url);
  };
}

function show(url: string, patch: Partial<WebSocketConnection>) {
  websocketStore.setState(({ connections }) => {
    const before = connections[url];
    return before ? { connections: { ...connections, [url]: { ...before, ...patch } } } : {};
  });
}

function connect(url: string, options: { since?: number } = {}) {
  const known = lines.get(url);
  if (known) {
    known.users += 1;
    known.lastPosition ??= options.since ?? null;
    return;
  }
  const line: Line = {
    users: 1,
    socket: null,
    retry: undefined,
    flush: undefined,
    flushedAt: 0,
    pending: null,
    lastPosition: options.since ?? null,
    attempts: 0,
    openedAt: null,
  };
  lines.set(url, line);
  websocketStore.setState(({ connections }) => ({
    connections: {
      ...connections,
      [url]: {
        url,
        status: 'connecting',
        lastMessage: null,
        attempts: 0,
        nextRetryAt: null,
        lastPosition: line.lastPosition,
      },
    },
  }));
  if (lines.size === 1) listenToTheWorld();
  dial(url, line);
}

function disconnect(url: string) {
  const line = lines.get(url);
  if (!line) return;
  line.users -= 1;
  if (line.users > 0) return;
  lines.delete(url);
  clearTimeout(line.retry);
  clearTimeout(line.flush);
  const { socket } = line;
  line.socket = null; // from here on its callbacks are someone else's past
  socket?.close(1000);
  websocketStore.setState(({ connections }) => ({ connections: omit(connections, url) }));
  if (lines.size === 0) ignoreTheWorld();
}

function reconnectAll() {
  for (const [url, line] of lines) {
    if (line.socket) continue;
    clearTimeout(line.retry);
    dial(url, line);
  }
}

function dial(url: string, line: Line) {
  line.retry = undefined;
  show(url, { nextRetryAt: null, status: line.attempts === 0 ? 'connecting' : 'reconnecting' });
  const socket = new WebSocket(socketUrl(url, line.lastPosition));
  line.socket = socket;
  socket.onopen = () => {
    if (line.socket !== socket) return;
    line.openedAt = Date.now();
    show(url, { status: 'open', nextRetryAt: null });
  };
  socket.onmessage = (event: MessageEvent) => {
    if (line.socket === socket) receive(url, line, event.data);
  };
  // A failed socket also closes, and only the close says why: nothing to do on `error`.
  socket.onclose = (event: CloseEvent) => {
    if (line.socket !== socket) return;
    line.socket = null;
    if (line.openedAt === null || event.code === 1008) void checkSession();
    if (line.openedAt !== null && Date.now() - line.openedAt >= steadyAfterMs) line.attempts = 0;
    line.openedAt = null;
    retryLater(url, line, event.code);
  };
}

function receive(url: string, line: Line, data: unknown) {
  let message: unknown;
  try {
    message = JSON.parse(String(data));
  } catch {
    return; // not from our server; the next frame stands on its own
  }
  // A server that accepts and at once hangs up must not reset the back-off: only a message counts as good.
  line.attempts = 0;
  const position = positionOf(message);
  if (position !== null) {
    line.lastPosition = isReset(message) ? position : Math.max(position, line.lastPosition ?? 0);
  }
  for (const listener of [...(listeners.get(url) ?? [])]) listener(message);
  line.pending = { lastMessage: message, lastPosition: line.lastPosition, attempts: 0 };
  flushSoon(url, line);
}

/** Shows the newest message: at once when it is quiet, in steps when it is not, so that React is not asked per frame. */
function flushSoon(url: string, line: Line) {
  if (line.flush !== undefined) return;
  const wait = Math.max(0, line.flushedAt + showEveryMs - Date.now());
  const flush = () => {
    line.flush = undefined;
    line.flushedAt = Date.now();
    if (line.pending) show(url, line.pending);
    line.pending = null;
  };
  if (wait === 0) flush();
  else line.flush = setTimeout(flush, wait);
}

function retryLater(url: string, line: Line, closeCode: number) {
  line.attempts += 1;
  const delay = retryDelayMs(line.attempts, closeCode);
  if (delay === null) {
    show(url, { status: 'refused', attempts: line.attempts, nextRetryAt: null });
    return;
  }
  line.retry = setTimeout(() => {
    dial(url, line);
  }, delay);
  show(url, {
    status: 'reconnecting',
    attempts: line.attempts,
    nextRetryAt: Date.now() + delay,
  });
}

/** The network is back, or someone looks at the page again: waiting any longer helps nobody. */
function retryWaiting() {
  for (const [url, line] of lines) {
    if (line.retry === undefined) continue;
    clearTimeout(line.retry);
    dial(url, line);
  }
}

function retryWhenVisible() {
  if (document.visibilityState === 'visible') retryWaiting();
}

function listenToTheWorld() {
  window.addEventListener('online', retryWaiting);
  window.addEventListener('focus', retryWaiting);
  document.addEventListener('visibilitychange', retryWhenVisible);
}

function ignoreTheWorld() {
  window.removeEventListener('online', retryWaiting);
  window.removeEventListener('focus', retryWaiting);
  document.removeEventListener('visibilitychange', retryWhenVisible);
}
