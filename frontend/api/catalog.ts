import { api, must } from './client';
import type { CatalogEntry, CatalogList, Deployed, Deployment, Imported, Mirror } from './types';

export type CatalogQuery = { search: string; tag: string; source: CatalogEntry['source'] | '' };

/** As many as one page shows; the rest is found by searching. */
export const catalogPage = 200;

export const listCatalog = (query: CatalogQuery, signal?: AbortSignal): Promise<CatalogList> =>
  must(
    api().GET('/api/catalog', {
      params: {
        query: {
          limit: catalogPage,
          ...(query.search === '' ? {} : { search: query.search }),
          ...(query.tag === '' ? {} : { tags: [query.tag] }),
          ...(query.source === '' ? {} : { source: query.source }),
        },
      },
      signal: signal ?? null,
    }),
  );

export const getEntry = (id: string, signal?: AbortSignal): Promise<CatalogEntry> =>
  must(
    api().GET('/api/catalog/{entry_id}', {
      params: { path: { entry_id: id } },
      signal: signal ?? null,
    }),
  );

export const deployEntry = (id: string, body: Deployment): Promise<Deployed> =>
  must(api().POST('/api/catalog/{entry_id}/deploy', { params: { path: { entry_id: id } }, body }));

/** A server.json, or a registry's list of them; the server says what it is not. */
export const importEntries = (servers: unknown, replace: boolean): Promise<Imported> =>
  must(
    api().POST('/api/catalog/import', {
      params: { query: replace ? { replace } : {} },
      body: servers,
    }),
  );

export const getMirror = (signal?: AbortSignal): Promise<Mirror> =>
  must(api().GET('/api/catalog/mirror', { signal: signal ?? null }));
