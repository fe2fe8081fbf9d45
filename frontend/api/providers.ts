import { api, must } from './client';
import type {
  FleetSnapshot,
  Health,
  LogPage,
  NewProvider,
  ProviderDetail,
  ProviderPatch,
} from './types';

const at = (id: string) => ({ params: { path: { provider_id: id } } });

export const listProviders = (signal?: AbortSignal): Promise<FleetSnapshot> =>
  must(api().GET('/api/providers', { signal: signal ?? null }));

export const getProvider = (id: string, signal?: AbortSignal): Promise<ProviderDetail> =>
  must(api().GET('/api/providers/{provider_id}', { ...at(id), signal: signal ?? null }));

export const getHealth = (id: string, signal?: AbortSignal): Promise<Health> =>
  must(api().GET('/api/providers/{provider_id}/health', { ...at(id), signal: signal ?? null }));

export const createProvider = (body: NewProvider) => must(api().POST('/api/providers', { body }));

export const updateProvider = (id: string, body: ProviderPatch) =>
  must(api().PUT('/api/providers/{provider_id}', { ...at(id), body }));

export const deleteProvider = (id: string) =>
  must(api().DELETE('/api/providers/{provider_id}', at(id)));

/** Answers when the provider is ready, or throws ProviderUnavailableError with the last stderr lines. */
export const startProvider = (id: string) =>
  must(api().POST('/api/providers/{provider_id}/start', at(id)));

export const stopProvider = (id: string) =>
  must(
    api().POST('/api/providers/{provider_id}/stop', {
      ...at(id),
      body: { reason: 'user_request' },
    }),
  );

export const getLogs = (id: string, lines: number, signal?: AbortSignal): Promise<LogPage> =>
  must(
    api().GET('/api/providers/{provider_id}/logs', {
      params: { path: { provider_id: id }, query: { lines } },
      signal: signal ?? null,
    }),
  );
