import { describe, expect, it } from 'vitest';
import type { Alert } from '../../api/types';
import { permits } from '../../hooks/useMay';
import { group, member } from '../../testing/factories';
import { lookAt, providerOf, standingOf, subjectPage } from './rules';
import { causesOf } from './tree';

const alert = (id: string, rule: string, subject: string, level: Alert['level']): Alert => ({
  alert_id: id,
  rule,
  subject,
  provider_id: '',
  level,
  state: 'firing',
  message: '',
  event_type: '',
  details: {},
  timestamp: '2026-11-20T10:00:00Z',
  created_at: '2026-11-20T10:00:00Z',
  resolved_at: null,
  count: 1,
  acknowledged_at: null,
  acknowledged_by: '',
  note: '',
  silenced: false,
});

describe('causes of alerts', () => {
  it('puts all that fires about a provider, and the groups that it brings down, under one cause', () => {
    const dead = alert('1', 'provider_dead', 'provider:web', 'critical');
    const failing = alert('2', 'calls_fail', 'provider:web', 'warning');
    const breaker = alert('3', 'breaker_open', 'group:pool/web', 'warning');
    const short = alert('4', 'group_below_minimum', 'group:pool', 'critical');
    const disk = alert('5', 'disk_low', 'system', 'warning');
    const causes = causesOf(
      [disk, short, breaker, failing, dead],
      [group.down('pool', member('web'), member('other'))],
    );
    expect(causes.map(({ alert: one, symptoms }) => [one.alert_id, symptoms.length])).toEqual([
      ['1', 3],
      ['5', 0],
    ]);
  });

  it('lets a group stand for itself when no member of it fires', () => {
    const short = alert('4', 'group_below_minimum', 'group:pool', 'warning');
    const dead = alert('1', 'provider_dead', 'provider:web', 'critical');
    expect(causesOf([short, dead], [group.down('pool', member('math'))])).toHaveLength(2);
  });
});

describe('what an alert is about', () => {
  it('is found among providers, groups and their members', () => {
    expect(subjectPage('provider:a:b')).toEqual({ to: '/providers/$id', params: { id: 'a:b' } });
    expect(subjectPage('group:pool/web').params).toEqual({ id: 'pool' });
    expect(subjectPage('system')).toEqual({ to: '/charts' });
    expect([providerOf('provider:a'), providerOf('group:p/m'), providerOf('group:p')]).toEqual([
      'a',
      'm',
      '',
    ]);
    expect(lookAt(alert('1', 'calls_fail', 'provider:web', 'warning')).to.search).toEqual({
      provider: 'web',
      outcome: 'error',
    });
  });

  it('is news for ten minutes, unless it came back', () => {
    const at = Date.parse('2026-11-20T10:00:00Z');
    const one = alert('1', 'provider_dead', 'provider:web', 'critical');
    expect(standingOf(one, at + 60_000)).toBe('new');
    expect(standingOf(one, at + 3_600_000)).toBe('lasts');
    expect(standingOf({ ...one, count: 3 }, at + 60_000)).toBe('came back');
  });
});

describe('permissions', () => {
  it('hold by name, by resource and by everything', () => {
    expect(permits(['alert:read'], 'alert:read')).toBe(true);
    expect(permits(['alert:*'], 'alert:write')).toBe(true);
    expect(permits(['*:*'], 'audit:read')).toBe(true);
    expect(permits(['alert:read', 'provider:*'], 'alert:write')).toBe(false);
  });
});
