import { api, must } from './client';
import type { AuditPage, AuditRecord, SecurityEvent, SecurityPage } from './types';

export type AuditQuery = {
  provider: string;
  types: readonly string[];
  /** A principal; empty: anybody. */
  actor: string;
  /** Leaves out what Hangar does by itself. */
  peopleOnly: boolean;
};

/** As the API takes it; what says nothing is left out. */
export function auditParameters(query: AuditQuery) {
  return {
    ...(query.provider === '' ? {} : { provider_id: [query.provider] }),
    ...(query.types.length === 0 ? {} : { event_type: [...query.types] }),
    ...(query.actor === '' ? {} : { actor: query.actor }),
    by: query.peopleOnly ? ('people' as const) : ('all' as const),
  };
}

/** @param before a position; 0 is from the newest */
export const listAudit = (
  query: AuditQuery,
  before: number,
  limit: number,
  signal?: AbortSignal,
): Promise<AuditPage> =>
  must(
    api().GET('/api/observability/audit', {
      params: { query: { ...auditParameters(query), before, limit } },
      signal: signal ?? null,
    }),
  );

export type SecurityQuery = { severities: readonly SecurityEvent['severity'][] };

export const listSecurity = (
  { severities }: SecurityQuery,
  before: number,
  limit: number,
  signal?: AbortSignal,
): Promise<SecurityPage> =>
  must(
    api().GET('/api/observability/security', {
      params: {
        query: { ...(severities.length === 0 ? {} : { severity: [...severities] }), before, limit },
      },
      signal: signal ?? null,
    }),
  );

/** How much a file of an export holds at most: what a person can still open. */
const exportedAtMost = 20_000;
const perPage = 1_000;

type Page<Row> = { rows: readonly Row[]; next: number };

async function all<Row>(page: (before: number) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let before = 0;
  do {
    const { rows: more, next } = await page(before);
    rows.push(...more);
    before = next;
  } while (before > 0 && rows.length < exportedAtMost);
  return rows;
}

/** All that the server's filter leaves, for a file. */
export const allAudit = (query: AuditQuery): Promise<AuditRecord[]> =>
  all(async (before) => {
    const { records, next_before: next } = await listAudit(query, before, perPage);
    return { rows: records, next };
  });

export const allSecurity = (query: SecurityQuery): Promise<SecurityEvent[]> =>
  all(async (before) => {
    const { events, next_before: next } = await listSecurity(query, before, perPage);
    return { rows: events, next };
  });
