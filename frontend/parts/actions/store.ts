import type { QueryClient } from '@tanstack/react-query';
import { createStore, useStore } from 'zustand';
import { toApiError, type ApiError } from '../../api/errors';
import { send } from '../../api/send';
import { announce } from '../../ui/LiveRegion';
import type { Action } from './action';

export type Failure = { kind: 'failed'; id: number; at: number; action: Action; error: ApiError };
export type Done = { kind: 'done'; id: number; at: number; text: string; undo: Action | undefined };
export type Entry = Failure | Done;

type ActionState = {
  /** Waits for an answer in the dialog. */
  asked: Action | null;
  /** Ids of actions that are under way. */
  pending: ReadonlySet<string>;
  /** What failed, and what can still be undone; newest first. Errors stay until someone puts them away. */
  entries: readonly Entry[];
};

const keep = 50;
const initial: ActionState = { asked: null, pending: new Set(), entries: [] };

export const actionStore = createStore<ActionState>(() => initial);

export const useActionStore = <T>(selector: (state: ActionState) => T): T =>
  useStore(actionStore, selector);

export const forgetActions = () => {
  actionStore.setState(initial, true);
};

export const ask = (action: Action | null) => {
  actionStore.setState({ asked: action });
};

export const dismiss = (id: number) => {
  actionStore.setState(({ entries }) => ({ entries: entries.filter((one) => one.id !== id) }));
};

let counter = 0;

function add(entry: Omit<Failure, 'id' | 'at'> | Omit<Done, 'id' | 'at'>) {
  counter += 1;
  const full = { ...entry, id: counter, at: Date.now() };
  actionStore.setState(({ entries }) => ({ entries: [full, ...entries].slice(0, keep) }));
}

function mark(id: string, underWay: boolean) {
  actionStore.setState(({ pending }) => {
    const after = new Set(pending);
    if (underWay) after.add(id);
    else after.delete(id);
    return { pending: after };
  });
}

/** Sends it. What becomes of its subject comes by socket; this knows what was asked and what failed. */
export async function perform(action: Action, queryClient: QueryClient): Promise<boolean> {
  if (actionStore.getState().pending.has(action.id)) return false;
  mark(action.id, true);
  // A new attempt makes the old story about the same subject untrue.
  actionStore.setState(({ entries }) => ({
    entries: entries.filter(
      (one) => one.kind !== 'failed' || one.action.subject !== action.subject,
    ),
  }));
  try {
    let answer: unknown;
    for (const request of action.requests ?? []) answer = await send(request);
    action.then?.(answer);
    if (action.done) announce(action.done);
    const undo = action.undo ?? action.undoOf?.(answer);
    if (undo) add({ kind: 'done', text: action.done ?? action.label, undo });
    return true;
  } catch (thrown) {
    add({ kind: 'failed', action, error: toApiError(thrown) });
    return false;
  } finally {
    mark(action.id, false);
    for (const queryKey of action.refresh ?? []) void queryClient.invalidateQueries({ queryKey });
  }
}
