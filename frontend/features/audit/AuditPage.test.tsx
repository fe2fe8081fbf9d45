import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../api/types';
import { callsTo, failure, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { changesOf, outcomeOf, unifiedOf } from './view';

const record = (position: number, change: Partial<AuditRecord> = {}): AuditRecord => ({
  event_id: `e${position}`,
  event_type: 'ProviderUpdated',
  occurred_at: '1795628375.423107',
  provider_id: 'math',
  data: { provider_id: 'math', changes: [{ field: 'idle_ttl_s', before: 300, after: 60 }] },
  recorded_at: '2026-11-20T10:00:00Z',
  position,
  stream: 'provider:math',
  actor: { type: 'user', id: 'ann' },
  origin: { via: 'ui', address: '10.0.0.7', request_id: 'REQ7' },
  ...change,
});

const page = (...records: AuditRecord[]) => ({
  records,
  total: records.length,
  next_before: 0,
});

const denied = record(8, {
  event_type: 'AccessDenied',
  data: { principal_id: 'bob', door: 'DELETE /api/providers/{provider_id}', reason: 'no role' },
  actor: { type: 'user', id: 'bob' },
  origin: { via: 'rest', address: '10.0.0.9', request_id: 'REQ8' },
});

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/observability/audit', page(denied, record(7)));
});

describe('the Audit page', () => {
  it('opens a record with what was before and after, and what else the request did', async () => {
    const { user, address } = renderApp('/audit');
    await user.click(await screen.findByRole('button', { name: 'Provider updated: idle_ttl_s' }));
    const about = within(await screen.findByRole('complementary', { name: 'About the record' }));
    expect(about.getByRole('group', { name: 'Before and after' })).toHaveTextContent('−300+60');
    expect(about.getByText('REQ7')).toBeVisible();
    expect(address()).toBe('/audit?sel=7');
  });

  it('filters by actor at the server and by outcome here, in the address', async () => {
    const { user, address } = renderApp('/audit');
    await user.click(await screen.findByRole('button', { name: /^refused/ }));
    await waitFor(() => {
      expect(screen.getAllByRole('row')).toHaveLength(2);
    });
    await user.click(screen.getByRole('button', { name: 'bob' }));
    await waitFor(() => {
      expect(callsTo('GET /api/observability/audit').at(-1)?.query.get('actor')).toBe('bob');
    });
    expect(address()).toBe('/audit?outcome=refused&actor=bob');
  });

  it('names a failure, and says when there is nothing', async () => {
    on('GET /api/observability/audit', () => failure(403, 'AccessDeniedError', 'not for you'));
    const { user } = renderApp('/audit');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('not for you');
    on('GET /api/observability/audit', page());
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('Nobody has done anything yet')).toBeVisible();
  });
});

describe('a record of the audit', () => {
  it('shows changed lines of what has several, and keeps the others', () => {
    const changes = changesOf({
      changes: [{ field: 'env', before: { A: '***' }, after: { A: '***', B: '***' } }],
    });
    expect(unifiedOf(changes).split('\n')).toEqual([
      '@@ env',
      ' {',
      '-  "A": "***"',
      '+  "A": "***",',
      '+  "B": "***"',
      ' }',
    ]);
  });

  it('reads old and new of a state as a change', () => {
    expect(changesOf({ old_state: 'cold', new_state: 'ready', reason: 'x' })).toEqual([
      { field: 'state', before: 'cold', after: 'ready' },
    ]);
  });

  it('tells what was done from what failed and what was refused', () => {
    expect(outcomeOf(record(1))).toBe('done');
    expect(outcomeOf(denied)).toBe('refused');
    expect(outcomeOf({ event_type: 'ConfigurationReloadFailed', data: {} })).toBe('failed');
  });
});
