/** Views of lists that somebody has given a name: what the address says, kept in the browser. */
import { createStore, useStore } from 'zustand';
import { read, write } from './prefs';

export type SavedView = { name: string; search: Readonly<Record<string, string>> };

/** By the path of the page. */
type Views = Readonly<Record<string, readonly SavedView[]>>;

const place = 'hangar-views';

/** What belongs to the moment and not to the view: a row that is open, a form, the wall. */
const passing = ['sel', 'event', 'line', 'add', 'edit', 'entry', 'kiosk', 'key'];

export const viewsStore = createStore<{ views: Views }>(() => ({ views: readViews(read(place)) }));

const none: readonly SavedView[] = [];

export const useViews = (path: string): readonly SavedView[] =>
  useStore(viewsStore, ({ views }) => views[path] ?? none);

/** Storage may hold another version's words, or somebody's. */
export function readViews(kept: unknown): Views {
  if (typeof kept !== 'object' || kept === null) return {};
  const views: Record<string, SavedView[]> = {};
  for (const [path, list] of Object.entries(kept)) {
    if (Array.isArray(list)) views[path] = list.filter(isView);
  }
  return views;
}

function isView(one: unknown): one is SavedView {
  if (typeof one !== 'object' || one === null) return false;
  const { name, search } = one as Partial<Record<keyof SavedView, unknown>>;
  return (
    typeof name === 'string' &&
    typeof search === 'object' &&
    search !== null &&
    Object.values(search).every((value) => typeof value === 'string')
  );
}

/** What of an address is a view. */
export const viewOf = (search: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(search).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && entry[1] !== '' && !passing.includes(entry[0]),
    ),
  );

export const sameView = (a: SavedView['search'], b: SavedView['search']): boolean => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
};

/** A name that is there already means the new view from now on. */
export function saveView(path: string, view: SavedView) {
  change(path, (list) => [...list.filter(({ name }) => name !== view.name), view]);
}

export function forgetView(path: string, name: string) {
  change(path, (list) => list.filter((one) => one.name !== name));
}

function change(path: string, to: (list: readonly SavedView[]) => readonly SavedView[]) {
  viewsStore.setState(({ views }) => ({ views: { ...views, [path]: to(views[path] ?? none) } }));
  write(place, viewsStore.getState().views);
}
