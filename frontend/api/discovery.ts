import { api, must } from './client';
import type { Found, NewSource, Source } from './types';

/** Everything that was found, and what became of it. */
export const listFound = async (signal?: AbortSignal): Promise<Found[]> => {
  const { providers } = await must(
    api().GET('/api/discovery/providers', { signal: signal ?? null }),
  );
  return providers;
};

export const listSources = async (signal?: AbortSignal): Promise<Source[]> => {
  const { sources } = await must(api().GET('/api/discovery/sources', { signal: signal ?? null }));
  return sources;
};

export const addSource = (body: NewSource) => must(api().POST('/api/discovery/sources', { body }));
