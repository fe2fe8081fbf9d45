/** What each rule of alerts says, in people's words (docs/observability.md). */
import type { Alert } from '../../api/types';
import type { Tone } from '../../ui/tokens';
import type { Destination } from '../actions/action';
import { shown } from '../../ui/shown';

export type Rule = {
  key: string;
  name: string;
  /** It fires while this is so. */
  fires: string;
  /** What a person does about it. */
  help: string;
  levels: readonly Alert['level'][];
  /** The setting that decides when. */
  setting?: string;
};

/** In the order in which one would see to them. */
export const rules: readonly Rule[] = [
  {
    key: 'storage_fails',
    name: 'Storage fails',
    fires: 'The store takes no changes',
    help: 'Look at the disk and its permissions, or at the database server: nothing can be changed until it works.',
    levels: ['critical'],
  },
  {
    key: 'disk_low',
    name: 'Disk is nearly full',
    fires: "Little of the data directory's disk is free",
    help: 'Make room, or keep less: storage.event_days, storage.calls_kept.',
    levels: ['warning', 'critical'],
    setting: 'alerts.disk_free_percent',
  },
  {
    key: 'records_lost',
    name: 'Records of calls lost',
    fires: 'Records of calls were lost in the last ten minutes',
    help: 'The store could not keep up or failed. With audit: strict no call is answered before its record is kept.',
    levels: ['critical'],
  },
  {
    key: 'provider_disabled',
    name: 'Provider disabled',
    fires: 'It failed so often that it is not started any more',
    help: 'Read its last lines, mend it, and start it: Hangar does not try again by itself.',
    levels: ['critical'],
  },
  {
    key: 'provider_dead',
    name: 'Provider not running',
    fires: 'Its process or connection is gone after a failure',
    help: 'Read its last lines. Hangar tries again by itself, later and later.',
    levels: ['critical'],
  },
  {
    key: 'group_below_minimum',
    name: 'Group below its minimum',
    fires: 'Fewer members than min_healthy can be called',
    help: 'See to the members that fail, add one, or lower the minimum.',
    levels: ['warning', 'critical'],
  },
  {
    key: 'breaker_open',
    name: 'Breaker open',
    fires: 'The breaker of a provider, or of a member of a group, is open',
    help: 'Calls are refused until a probe succeeds. Find out what the calls before it failed of.',
    levels: ['warning'],
  },
  {
    key: 'provider_degraded',
    name: 'Provider keeps failing',
    fires: 'Its checks or starts fail, one after the other',
    help: 'Read its last lines; a restart may help.',
    levels: ['warning'],
  },
  {
    key: 'calls_fail',
    name: 'Calls fail',
    fires: 'Too many of its calls of the last five minutes came to nothing',
    help: 'Look at the calls that failed: their errors say whether it is the provider, its limits, or what it is asked.',
    levels: ['warning', 'critical'],
    setting: 'alerts.error_percent',
  },
  {
    key: 'calls_slow',
    name: 'Calls are slow',
    fires: 'One call in twenty takes too long',
    help: 'See in the calls where the time goes: waiting for a place, for a start, or at the provider.',
    levels: ['warning'],
    setting: 'alerts.slow_s',
  },
  {
    key: 'tool_drift',
    name: 'Tools have changed',
    fires: 'A tool was changed or removed, until somebody acknowledges it or a day has passed',
    help: 'Compare the definitions: a changed description can mislead an agent. Acknowledge when it is meant.',
    levels: ['warning'],
  },
  {
    key: 'frames_dropped',
    name: 'Frames dropped',
    fires: 'Slow readers of sockets lost frames in the last ten minutes',
    help: 'A client reads too slowly: let it filter more narrowly or ask for batches.',
    levels: ['warning'],
  },
  {
    key: 'cold_start_slow',
    name: 'Starts are slow',
    fires: 'A running provider took long to start',
    help: 'See which stage takes the time. prewarm or hold_warm spares callers the wait.',
    levels: ['info'],
    setting: 'alerts.cold_start_s',
  },
];

/** A rule that this build does not know still has its name. */
export const ruleOf = (key: string): Rule =>
  rules.find((one) => one.key === key) ?? {
    key,
    name: key.replaceAll('_', ' '),
    fires: '',
    help: '',
    levels: [],
  };

export const levels = ['critical', 'warning', 'info'] as const;

export const levelTone: Record<Alert['level'], Tone> = {
  critical: 'bad',
  warning: 'warn',
  info: 'idle',
};

/** Whom it is about, without the kind: `math`, `pool`, `pool/math`, `Hangar`. */
export const subjectName = (subject: string): string =>
  subject === 'system' ? 'Hangar' : shown(subject.replace(/^[a-z]+:/, ''));

/** Where one looks at what it is about. */
export function subjectPage(subject: string): Destination {
  const [kind, name] = split(subject);
  const [id = '', member] = name.split('/');
  if (kind === 'provider') return { to: '/providers/$id', params: { id: name } };
  if (kind === 'group') {
    return { to: '/groups/$id', params: { id }, ...(member ? { search: { sel: member } } : {}) };
  }
  return { to: '/charts' };
}

/** The providers that it may come from. */
export function providerOf(subject: string): string {
  const [kind, name] = split(subject);
  if (kind === 'provider') return name;
  return kind === 'group' ? (name.split('/')[1] ?? '') : '';
}

function split(subject: string): [string, string] {
  const at = subject.indexOf(':');
  return at < 0 ? [subject, ''] : [subject.slice(0, at), subject.slice(at + 1)];
}

/** Where one goes on looking, by what is wrong. */
export function lookAt(alert: Alert): { words: string; to: Destination } {
  const id = providerOf(alert.subject);
  const tab = (tab: string): Destination => ({
    to: '/providers/$id',
    params: { id },
    search: { tab },
  });
  switch (alert.rule) {
    case 'provider_dead':
    case 'provider_disabled':
    case 'provider_degraded':
      return { words: 'Its last lines', to: tab('logs') };
    case 'calls_fail':
      return { words: 'Calls that failed', to: { to: '/calls', search: callsOf(id, 'error') } };
    case 'calls_slow':
      return { words: 'Its calls', to: { to: '/calls', search: callsOf(id, '') } };
    case 'cold_start_slow':
      return { words: 'Its starts', to: tab('starts') };
    case 'tool_drift':
      return { words: 'Its tools', to: tab('tools') };
    case 'breaker_open':
      if (id !== '') return { words: 'Its health', to: tab('health') };
      break;
  }
  const words = alert.subject.startsWith('group:') ? 'The group' : 'Metrics';
  return { words, to: subjectPage(alert.subject) };
}

const callsOf = (provider: string, outcome: string): Record<string, string> => ({
  ...(provider === '' ? {} : { provider }),
  ...(outcome === '' ? {} : { outcome }),
});

export type Standing = 'new' | 'came back' | 'lasts';

const newForMs = 10 * 60_000;

/** Whether it is news. */
export const standingOf = (alert: Alert, now: number): Standing =>
  standingBy(alert.created_at, alert.count, now);

export function standingBy(since: string, times: number, now: number): Standing {
  if (times > 1) return 'came back';
  return now - Date.parse(since) < newForMs ? 'new' : 'lasts';
}
