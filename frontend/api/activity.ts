import { api, must } from './client';
import type { FleetActivity } from './types';

export const getActivity = (signal?: AbortSignal): Promise<FleetActivity> =>
  must(api().GET('/api/observability/activity', { signal: signal ?? null }));
