import { describe, expect, it } from 'vitest';
import type { Alert, Found } from '../../api/types';
import { group, member, provider } from '../../testing/factories';
import { attention } from './attention';
import { sectionsOf, sizeOf } from './strip';

const disabled = { reason: 'exited', failure_cycles: 5, at: '2026-11-20T10:00:00Z' };
const out = { in_rotation: false };

describe('what needs a human', () => {
  it('is nothing when all is as it should be', () => {
    expect(
      attention([provider.ready('a'), provider.cold('b')], [group.healthy('g', member('a'))]),
    ).toEqual([]);
  });

  it('is ranked by cause, then by how many calls it concerns', () => {
    const items = attention(
      [
        provider.degraded('slow'),
        provider.dead('quiet', { calls_total: 1 }),
        provider.dead('busy', { calls_total: 900 }),
        provider.dead('gone', { disabled }),
        provider.ready('shut', { circuit_state: 'open' }),
      ],
      [group.down('g', member('x', out)), group.partial('h', member('y'))],
    );
    expect(items.map(({ subject, cause }) => [subject, cause])).toEqual([
      ['g', 'Group without a way through'],
      ['gone', 'Disabled after failures'],
      ['busy', 'Not running'],
      ['quiet', 'Not running'],
      ['h', 'Group below its minimum'],
      ['shut', 'Breaker open'],
      ['slow', 'Failing'],
    ]);
  });

  it('has the one act that the server’s sentence advises', () => {
    const verbs = attention(
      [
        provider.dead('a'),
        provider.dead('b', {
          disabled,
          status: { level: 'error', summary: 'Disabled', detail: '', action: 'start' },
        }),
      ],
      [group.down('g', member('x', out))],
    ).map(({ subject, action }) => [subject, action.verb]);
    expect(verbs).toEqual([
      ['g', 'Rebalance'],
      ['b', 'Start'],
      ['a', 'Logs'],
    ]);
  });

  it('takes a ready provider whose sentence warns for one that needs somebody', () => {
    const [item] = attention(
      [
        provider.ready('remote', {
          status: {
            level: 'warn',
            summary: 'Waits for somebody to sign in',
            detail: '',
            action: '',
          },
        }),
      ],
      [],
    );
    expect(item).toMatchObject({ cause: 'Needs somebody', action: { verb: 'Start' } });
  });

  it('says nothing about a group that has no members yet', () => {
    expect(attention([], [group.down('new')])).toEqual([]);
  });
});

describe('what fires', () => {
  const alert = (rule: string, subject: string, change: Partial<Alert> = {}): Alert => ({
    alert_id: rule,
    rule,
    subject,
    provider_id: '',
    level: 'warning',
    state: 'firing',
    message: `${rule} of ${subject}`,
    event_type: '',
    details: {},
    timestamp: '2026-11-20T10:05:00Z',
    created_at: '2026-11-20T10:00:00Z',
    resolved_at: null,
    count: 1,
    acknowledged_at: null,
    acknowledged_by: '',
    note: '',
    silenced: false,
    ...change,
  });

  it('stands in the list unless the state of a provider says it already, and says since when', () => {
    const items = attention(
      [provider.dead('web')],
      [],
      [alert('provider_dead', 'provider:web'), alert('tool_drift', 'provider:math')],
    );
    expect(items.map(({ cause, subject, since }) => [cause, subject, since])).toEqual([
      ['Not running', 'web', '2026-11-20T10:00:00Z'],
      ['Tools have changed', 'math', '2026-11-20T10:00:00Z'],
    ]);
  });

  it('leaves out what is taken up, silenced or over; storage comes first', () => {
    const items = attention(
      [provider.dead('web')],
      [],
      [
        alert('disk_low', 'system'),
        alert('tool_drift', 'provider:a', { acknowledged_at: '2026-11-20T10:01:00Z' }),
        alert('calls_slow', 'provider:b', { silenced: true }),
        alert('calls_fail', 'provider:c', { state: 'resolved' }),
      ],
    );
    expect(items.map(({ cause }) => cause)).toEqual(['Storage', 'Not running']);
  });
});

describe('what waits without being wrong', () => {
  const found = (key: string, status: Found['status']): Found =>
    ({
      key,
      status,
      reason: '',
      origin: 'files.yaml',
      source_id: 'files',
      discovered_at: '2026-11-20T10:00:00Z',
      last_seen_at: '2026-11-20T10:00:00Z',
      fingerprint: 'f',
      connection_info: { command: ['x'], args: [] },
    }) as unknown as Found;

  it('is in the list below what is broken: what was found, then the file', () => {
    const items = attention([provider.dead('web')], [], [], {
      found: [found('a', 'pending'), found('b', 'registered'), found('c', 'quarantined')],
      config: 'ahead',
    });
    expect(items.map(({ cause, subject }) => [cause, subject])).toEqual([
      ['Not running', 'web'],
      ['Waits for a decision', 'c'],
      ['Waits for a decision', 'a'],
      ['Configuration drift', 'The file'],
    ]);
    expect(attention([], [], [], { config: 'same' })).toEqual([]);
  });
});

describe('the fleet as cells', () => {
  it('stands by group, the worst first, the rest at the end', () => {
    const sections = sectionsOf(
      [provider.ready('a'), provider.dead('b'), provider.cold('c'), provider.degraded('d')],
      [
        group.healthy('g2', member('c')),
        group.healthy('g1', member('a'), member('b'), member('c')),
      ],
    );
    expect(sections.map(({ name, cells }) => [name, cells.map((one) => one.provider)])).toEqual([
      ['g1', ['b', 'a', 'c']],
      ['', ['d']],
    ]);
  });

  it.each([
    [12, 'name'],
    [200, 'glyph'],
    [1_000, 'dot'],
  ])('of %i says as much as there is room for', (count, size) => {
    expect(sizeOf(count)).toBe(size);
  });
});
