import { api, must } from './client';
import type { LogLevel, System } from './types';

export const getSystem = async (signal?: AbortSignal): Promise<System> => {
  const { system } = await must(api().GET('/api/system', { signal: signal ?? null }));
  return system;
};

export const getLogLevel = async (signal?: AbortSignal): Promise<LogLevel> => {
  const { level } = await must(api().GET('/api/system/log-level', { signal: signal ?? null }));
  return level;
};
