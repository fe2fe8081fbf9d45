/** What needs a human, worst first: from the picture of the fleet to a list with one act each. */
import { IconArrowRight } from '@tabler/icons-react';
import type { Alert, Found, Group, ProviderSummary } from '../../api/types';
import type { Action, Destination } from '../../parts/actions/action';
import { acknowledge } from '../../parts/actions/alertActions';
import { rebalance } from '../../parts/actions/groupActions';
import { providerActions, start } from '../../parts/actions/providerActions';
import { levelTone, ruleOf, subjectName, subjectPage } from '../../parts/alerts/rules';
import type { Tone } from '../../ui/tokens';

export const causes = [
  'Storage',
  'Group without a way through',
  'Disabled after failures',
  'Not running',
  'Group below its minimum',
  'Breaker open',
  'Failing',
  'Calls go wrong',
  'Tools have changed',
  'Waits for a decision',
  'Configuration drift',
  'Needs somebody',
] as const;
export type Cause = (typeof causes)[number];

export type Item = {
  /** Of the subject and the cause: a new cause is news, even when the old one was put aside. */
  id: string;
  cause: Cause;
  tone: Tone;
  subject: string;
  to: Destination;
  sentence: string;
  detail: string;
  /** When it began, where that is known. */
  since: string | null;
  /** How often it has begun since it was last looked at, where that is known. */
  times: number;
  /** When Hangar tries again by itself. */
  retryAt: string | null;
  /** How many calls it concerns, to rank within a cause. */
  weight: number;
  action: Action;
};

/** What fires and cannot be seen by the state of a provider or a group. */
const alertCauses: Readonly<Record<string, Cause>> = {
  storage_fails: 'Storage',
  disk_low: 'Storage',
  records_lost: 'Storage',
  calls_fail: 'Calls go wrong',
  calls_slow: 'Calls go wrong',
  tool_drift: 'Tools have changed',
  frames_dropped: 'Needs somebody',
};

/** Between the file and what is in effect. */
export type Drift = 'same' | 'ahead' | 'broken';

/** What waits for somebody without being wrong. */
export type Waiting = { found?: readonly Found[] | undefined; config?: Drift | undefined };

export function attention(
  providers: readonly ProviderSummary[],
  groups: readonly Group[],
  alerts: readonly Alert[] = [],
  waiting: Waiting = {},
): Item[] {
  const firing = alerts.filter((one) => one.state === 'firing');
  const items = [...providers.flatMap(ofProvider), ...groups.flatMap(ofGroup)].map((item) => {
    const about = firing.filter((one) => one.subject === item.action.subject);
    return {
      ...item,
      since: item.since ?? about.map((one) => one.created_at).sort()[0] ?? null,
      times: Math.max(item.times, ...about.map((one) => one.count)),
    };
  });
  items.push(
    ...firing.flatMap(ofAlert),
    ...(waiting.found ?? []).flatMap(ofFound),
    ...ofConfig(waiting.config ?? 'same'),
  );
  return items.sort(
    (a, b) =>
      causes.indexOf(a.cause) - causes.indexOf(b.cause) ||
      b.weight - a.weight ||
      a.subject.localeCompare(b.subject),
  );
}

/** Found by a source, and nobody has said yet what is to become of it. */
function ofFound(one: Found): Item[] {
  const quarantined = one.status === 'quarantined';
  if (!quarantined && one.status !== 'pending') return [];
  const to = { to: '/discovery', search: { sel: one.key } };
  return [
    {
      id: `found:${one.status}:${one.key}:${one.reason}`,
      cause: 'Waits for a decision',
      tone: quarantined ? 'warn' : 'busy',
      subject: one.key,
      to,
      sentence: quarantined ? 'Found, and kept back' : 'Found, and waits to be approved',
      detail: one.reason,
      since: one.discovered_at,
      times: 1,
      retryAt: null,
      weight: quarantined ? 1 : 0,
      action: look('found', one.key, to),
    },
  ];
}

function ofConfig(state: Drift): Item[] {
  if (state === 'same') return [];
  const to = { to: '/config' };
  const broken = state === 'broken';
  return [
    {
      id: `config:${state}`,
      cause: 'Configuration drift',
      tone: broken ? 'bad' : 'warn',
      subject: 'The file',
      to,
      sentence: broken
        ? 'The configuration file cannot be used as it is now'
        : 'The configuration file is not what is in effect',
      detail: broken ? '' : 'Reload it, or export what is in effect',
      since: null,
      times: 1,
      retryAt: null,
      weight: 0,
      action: look('config', 'the file', to),
    },
  ];
}

/** Taken up or silenced, it needs nobody else. */
function ofAlert(alert: Alert): Item[] {
  const cause = alertCauses[alert.rule];
  if (!cause || alert.acknowledged_at !== null || alert.silenced) return [];
  return [
    {
      id: `${cause}:alert:${alert.alert_id}:${alert.level}:${alert.count}`,
      cause,
      tone: levelTone[alert.level],
      subject: subjectName(alert.subject),
      to: subjectPage(alert.subject),
      sentence: alert.message,
      detail: ruleOf(alert.rule).help,
      since: alert.created_at,
      times: alert.count,
      retryAt: null,
      weight: alert.count,
      action: acknowledge(alert, ''),
    },
  ];
}

function ofProvider(provider: ProviderSummary): Item[] {
  const cause = causeOf(provider);
  if (!cause) return [];
  const { provider: id, status } = provider;
  return [
    {
      id: `${cause}:provider:${id}`,
      cause,
      tone: cause === 'Disabled after failures' || cause === 'Not running' ? 'bad' : 'warn',
      subject: id,
      to: { to: '/providers/$id', params: { id } },
      sentence:
        cause === 'Breaker open' ? 'Its breaker is open: calls are refused' : status.summary,
      detail: status.detail,
      since: provider.disabled?.at ?? null,
      times: 1,
      retryAt: provider.retry_at,
      weight: provider.calls_total,
      action: helpful(provider),
    },
  ];
}

function causeOf(provider: ProviderSummary): Cause | null {
  if (provider.disabled) return 'Disabled after failures';
  if (provider.stopping) return null;
  if (provider.state === 'dead') return 'Not running';
  if (provider.circuit_state === 'open') return 'Breaker open';
  if (provider.state === 'degraded') return 'Failing';
  const { level } = provider.status;
  return level === 'warn' || level === 'error' ? 'Needs somebody' : null;
}

/** What the server's own sentence advises; a start, when it says nothing. */
function helpful(provider: ProviderSummary): Action {
  const advised = provider.status.action;
  const found = providerActions(provider).find((action) => action.id.startsWith(`${advised}:`));
  return found && advised !== '' ? found : start(provider);
}

function ofGroup(group: Group): Item[] {
  const { group_id: id, healthy_count: healthy, total_members: total } = group;
  if (total === 0) return [];
  const down = !group.is_available;
  if (!down && healthy >= group.min_healthy) return [];
  const cause = down ? 'Group without a way through' : 'Group below its minimum';
  const to = { to: '/groups/$id', params: { id } };
  return [
    {
      id: `${cause}:group:${id}`,
      cause,
      tone: down ? 'bad' : 'warn',
      subject: id,
      to,
      sentence: `${healthy} of ${total} members can be called, it wants ${group.min_healthy}`,
      detail: group.circuit_open ? 'Every breaker in its rotation is open' : '',
      since: null,
      times: 1,
      retryAt: null,
      weight: group.recent_calls,
      action: group.circuit_open ? rebalance(id) : look('group', id, to),
    },
  ];
}

const look = (kind: string, id: string, to: Destination): Action => ({
  id: `look:${kind}:${id}`,
  verb: 'Look at it',
  label: `Look at ${id}`,
  icon: IconArrowRight,
  subject: `${kind}:${id}`,
  tier: 0,
  go: to,
});
