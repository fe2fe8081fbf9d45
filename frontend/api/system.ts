import { api, must } from './client';
import type { System } from './types';

export const getSystem = async (signal?: AbortSignal): Promise<System> => {
  const { system } = await must(api().GET('/api/system', { signal: signal ?? null }));
  return system;
};
