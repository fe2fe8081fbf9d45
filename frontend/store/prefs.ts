import { createStore, useStore } from 'zustand';
import { plainLook, setLook } from '../ui/look';

/** What a person likes on this device; kept in the browser. */
export type Prefs = {
  /** Letters without a modifier do things (WCAG 2.2, 2.1.4 wants a way to turn that off). */
  singleKeys: boolean;
  /** Lower rows in tables. */
  compact: boolean;
  /** Times in UTC instead of the browser's zone. */
  utc: boolean;
  /** 2:05 PM instead of 14:05. */
  hour12: boolean;
  /** Items of the attention list that wait until they change. */
  putAside: readonly string[];
  /** Columns that were chosen, by list; a list without an entry shows its usual ones. */
  columns: Readonly<Record<string, readonly string[]>>;
};

const place = 'hangar-prefs';
const defaults: Prefs = { singleKeys: true, ...plainLook, putAside: [], columns: {} };

export const prefsStore = createStore<Prefs>(() => ({
  ...defaults,
  ...(read(place) as Partial<Prefs> | null),
}));

/** Of all that is liked, what ui/ shows things by. */
const show = ({ compact, utc, hour12 }: Prefs) => {
  setLook({ compact, utc, hour12 });
};
show(prefsStore.getState());
prefsStore.subscribe(show);

export const usePrefs = <T>(selector: (prefs: Prefs) => T): T => useStore(prefsStore, selector);

export function setPrefs(change: Partial<Prefs>) {
  prefsStore.setState(change);
  write(place, prefsStore.getState());
}

/** Something kept in the browser, or null: storage may be full, forbidden, or hold another version's words. */
export function read(name: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(localStorage.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

export function write(name: string, value: unknown) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Private windows may refuse; the value holds until the page is left.
  }
}
