import { createStore, useStore } from 'zustand';
import { toApiError, type ApiError } from '../api/errors';
import { listOperations } from '../api/operations';
import type { Operation } from '../api/types';
import {
  isOperationFrame,
  reduceOperation,
  type OperationFrame,
  type Operations,
} from './operationReduce';
import { isReset } from './socketUrl';
import { onMessage, websocketStore } from './websocket';

export const operationsUrl = 'api/ws/operations';

type Phase = { phase: 'loading' } | { phase: 'ready' } | { phase: 'error'; error: ApiError };

type State = {
  byId: Operations;
  /** Newest first. */
  order: readonly string[];
  /** How many there are on the server. */
  total: number;
  load: Phase;
};

const initial: State = { byId: {}, order: [], total: 0, load: { phase: 'loading' } };

export const operationsStore = createStore<State>(() => initial);

export const useOperationsStore = <T>(selector: (state: State) => T): T =>
  useStore(operationsStore, selector);

/** The newest are enough for the tray; the page of operations asks for as many as the API gives. */
const fewest = 100;
/** Frames are applied in one go this often. */
const stepMs = 100;
/** After something began: its frames do not tell all of it. */
const completeAfterMs = 400;

let users = 0;
let wanted = fewest;
let letGo: (() => void) | undefined;
let loadNumber = 0;
let waiting: OperationFrame[] = [];
let step: ReturnType<typeof setTimeout> | undefined;
let complete: ReturnType<typeof setTimeout> | undefined;
let loading = false;

/** Keeps operations live while at least one user holds them. Returns what lets go. */
export function holdOperations(): () => void {
  users += 1;
  if (users === 1) {
    const off = onMessage(operationsUrl, receive);
    websocketStore.getState().connect(operationsUrl);
    void loadOperations();
    letGo = () => {
      off();
      websocketStore.getState().disconnect(operationsUrl);
    };
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    users -= 1;
    if (users > 0) return;
    letGo?.();
    clearTimeout(step);
    clearTimeout(complete);
    step = complete = undefined;
    waiting = [];
    wanted = fewest;
    loadNumber += 1;
    operationsStore.setState(initial, true);
  };
}

/** Asks for the list anew; frames that come meanwhile go on top of it. */
export async function loadOperations(count = wanted): Promise<void> {
  wanted = Math.max(wanted, count);
  loadNumber += 1;
  const mine = loadNumber;
  loading = true;
  if (operationsStore.getState().load.phase === 'error') {
    operationsStore.setState({ load: { phase: 'loading' } });
  }
  try {
    const { operations, total } = await listOperations(wanted);
    if (mine !== loadNumber) return;
    loading = false;
    operationsStore.setState({
      byId: Object.fromEntries(operations.map((one) => [one.operation_id, one])),
      order: operations.map((one) => one.operation_id),
      total,
      load: { phase: 'ready' },
    });
    apply();
  } catch (thrown) {
    if (mine !== loadNumber) return;
    loading = false;
    if (operationsStore.getState().load.phase !== 'ready') {
      operationsStore.setState({ load: { phase: 'error', error: toApiError(thrown) } });
    }
  }
}

function receive(message: unknown) {
  if (isReset(message)) {
    waiting = [];
    void loadOperations();
    return;
  }
  if (!isOperationFrame(message)) return;
  waiting.push(message);
  step ??= setTimeout(apply, stepMs);
}

function apply() {
  clearTimeout(step);
  step = undefined;
  if (loading || waiting.length === 0) return;
  const frames = waiting;
  waiting = [];
  operationsStore.setState((before) => {
    const byId = frames.reduce(reduceOperation, before.byId);
    if (byId === before.byId) return {};
    const fresh = Object.keys(byId).filter((id) => !(id in before.byId));
    if (fresh.length === 0) return { byId };
    completeSoon();
    return {
      byId,
      order: [...fresh.reverse(), ...before.order],
      total: before.total + fresh.length,
    };
  });
}

function completeSoon() {
  complete ??= setTimeout(() => {
    complete = undefined;
    void loadOperations();
  }, completeAfterMs);
}

export const isRunning = (operation: Operation): boolean => operation.ended_at === null;
