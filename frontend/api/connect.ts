import { api, must } from './client';
import type { ApiRequest } from './send';
import type { ImportPlan, ImportRequest } from './types';

/** Without `apply` it says what would become of each server, and does nothing. */
export const importClient = (body: ImportRequest): Promise<ImportPlan> =>
  must(api().POST('/api/connect/import', { body }));

export const importRequest = (body: ImportRequest): ApiRequest => ({
  method: 'POST',
  path: 'api/connect/import',
  body,
});
