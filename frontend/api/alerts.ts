import { api, must } from './client';
import type { AlertList, Silence } from './types';

/** As many as the API gives at once. */
const most = 500;

/** Those that fire first, each part newest first. */
export const listAlerts = (signal?: AbortSignal): Promise<AlertList> =>
  must(
    api().GET('/api/observability/alerts', {
      params: { query: { limit: most } },
      signal: signal ?? null,
    }),
  );

export const listSilences = async (signal?: AbortSignal): Promise<Silence[]> => {
  const { silences } = await must(
    api().GET('/api/observability/silences', { signal: signal ?? null }),
  );
  return silences;
};
