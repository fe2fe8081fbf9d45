/** What the Catalog page shows, as pure functions. */
import type { CatalogQuery } from '../../api/catalog';
import type { CatalogEntry } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import type { Field } from '../../ui/table';

export const sources = ['builtin', 'custom', 'registry'] as const;

export const sourceWords: Record<CatalogEntry['source'], string> = {
  builtin: 'built in',
  custom: 'added here',
  registry: 'from the registry',
};

export function queryOf(url: UrlState): CatalogQuery {
  return {
    search: url.q ?? '',
    tag: url.tag ?? '',
    source: sources.find((one) => one === url.source) ?? '',
  };
}

export const titleOf = (entry: CatalogEntry): string =>
  entry.title === '' ? entry.name : entry.title;

/** What it takes to run it, in a few words. */
export function runsBy(entry: CatalogEntry): string {
  if (entry.mode === 'remote') return 'remote';
  if (entry.mode === 'docker') return 'container';
  return entry.needs === '' ? 'process' : entry.needs;
}

/** Who answers for it: a name of the registry begins with the namespace that its publisher has proven to own. */
export function publisherOf(entry: CatalogEntry): string {
  if (entry.verified) return 'chosen and checked by the makers of Hangar';
  const [namespace = '', name] = entry.name.split('/');
  if (name === undefined) return 'nobody has checked it';
  return entry.source === 'registry'
    ? `${namespace}, verified by the registry`
    : `${namespace}, as its file says`;
}

/** Entries of the same server. */
export const othersOf = (entry: CatalogEntry, among: readonly CatalogEntry[]): CatalogEntry[] =>
  among.filter((one) => one.name === entry.name && one.entry_id !== entry.entry_id);

/** The tags of these entries, the most frequent first. */
export function tagsOf(entries: readonly CatalogEntry[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const tag of entries.flatMap((entry) => entry.tags)) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .slice(0, most)
    .map(([tag]) => tag);
}

export const entryFields: readonly Field<CatalogEntry>[] = [
  { name: 'entry_id', value: (entry) => entry.entry_id },
  { name: 'title', value: titleOf },
  { name: 'source', value: (entry) => entry.source },
  { name: 'verified', value: (entry) => entry.verified },
  { name: 'mode', value: (entry) => entry.mode },
  { name: 'needs', value: (entry) => entry.needs },
  { name: 'version', value: (entry) => entry.version },
  { name: 'required_env', value: (entry) => entry.required_env.join(' ') },
  { name: 'tags', value: (entry) => entry.tags.join(' ') },
  { name: 'homepage', value: (entry) => entry.homepage },
  { name: 'description', value: (entry) => entry.description },
];
