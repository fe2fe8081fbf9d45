/** Calls that a person keeps, in this browser. */
import { createStore, useStore } from 'zustand';
import type { Target } from '../../api/callTool';
import { readExact } from '../../api/exact';
import { isRecord } from '../../parts/calls/schema';
import { read, write } from '../../store/prefs';

export type SavedCall = {
  name: string;
  target: Target;
  tool: string;
  args: Record<string, unknown>;
};

const place = 'hangar-calls';

const store = createStore<{ calls: readonly SavedCall[] }>(() => ({ calls: load() }));

export const useSaved = (): readonly SavedCall[] => useStore(store, (state) => state.calls);

/**
 * What lies in the browser may be of another version, or somebody's own: only what is whole is taken. A browser that would
 * round one integer must not lose all calls for it: the next save writes over what was not read.
 */
export function load(): SavedCall[] {
  const kept = read(place, readExact);
  return Array.isArray(kept) ? kept.filter(isSaved) : [];
}

function isSaved(value: unknown): value is SavedCall {
  if (!isRecord(value) || !isRecord(value.target) || !isRecord(value.args)) return false;
  const { kind, id } = value.target;
  return (
    typeof value.name === 'string' &&
    typeof value.tool === 'string' &&
    (kind === 'provider' || kind === 'group') &&
    typeof id === 'string'
  );
}

/** A name that is taken gets the new content. */
export function save(call: SavedCall) {
  set([...store.getState().calls.filter((one) => one.name !== call.name), call]);
}

export function remove(name: string) {
  set(store.getState().calls.filter((one) => one.name !== name));
}

export function rename(from: string, to: string) {
  set(store.getState().calls.map((one) => (one.name === from ? { ...one, name: to } : one)));
}

export const reload = () => {
  store.setState({ calls: load() });
};

function set(calls: SavedCall[]) {
  const sorted = calls.sort((a, b) => a.name.localeCompare(b.name));
  store.setState({ calls: sorted });
  write(place, sorted);
}
