import { api, must } from './client';
import type { FleetTools, Tool } from './types';

/** Every tool of the fleet, without schemas. */
export const listTools = (signal?: AbortSignal): Promise<FleetTools> =>
  must(api().GET('/api/tools', { signal: signal ?? null }));

/** One provider's tools, schemas and all. */
export const listToolsOf = async (id: string, signal?: AbortSignal): Promise<Tool[]> => {
  const { tools } = await must(
    api().GET('/api/providers/{provider_id}/tools', {
      params: { path: { provider_id: id } },
      signal: signal ?? null,
    }),
  );
  return tools;
};
