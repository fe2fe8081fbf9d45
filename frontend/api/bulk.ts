import { api, must } from './client';
import type { BulkAnswer, BulkOrder } from './types';

/** What the bulk would do; nothing is done. */
export const planBulk = (body: BulkOrder, signal?: AbortSignal): Promise<BulkAnswer> =>
  must(
    api().POST('/api/providers/bulk', {
      body: { ...body, reason: 'user_request', dry_run: true },
      signal: signal ?? null,
    }),
  );

export type BulkResult = {
  counts: { done: number; failed: number; skipped: number; not_tried: number };
  done: string[];
  failed: { provider_id: string; error: string; message: string }[];
  skipped: { provider_id: string; reason: string }[];
  not_tried: string[];
  truncated: boolean;
};
