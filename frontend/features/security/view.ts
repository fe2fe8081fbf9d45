/** What the Security page shows, as pure functions of the events and the address. */
import type { SecurityEvent } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = SecurityEvent['severity'];

export const severityTone: Record<Severity, Tone> = {
  critical: 'bad',
  high: 'bad',
  medium: 'warn',
  low: 'idle',
  info: 'idle',
};

export type Topic = { key: string; name: string; types: readonly SecurityEvent['event_type'][] };

/** What security people ask for, in the order in which they would look. */
export const topics: readonly Topic[] = [
  { key: 'denied', name: 'Denied', types: ['access_denied', 'unauthorized_tool'] },
  {
    key: 'lockouts',
    name: 'Lock-outs, limits',
    types: ['repeated_failures', 'rate_limit_exceeded'],
  },
  { key: 'blocked', name: 'Addresses blocked', types: ['provider_start_blocked'] },
  { key: 'drift', name: 'Drift', types: ['provider_compromise_suspected'] },
  { key: 'invalid', name: 'Not valid', types: ['validation_failed'] },
  { key: 'changes', name: 'Changes', types: ['config_change'] },
  { key: 'granted', name: 'Sign-ins', types: ['access_granted'] },
];

export const topicOf = (event: SecurityEvent): Topic | undefined =>
  topics.find((topic) => topic.types.includes(event.event_type));

export type SecurityView = {
  text: string;
  topics: string[];
  severities: Severity[];
  grouped: boolean;
};

export function parseView(url: UrlState): SecurityView {
  const wanted = (url.severity ?? '').split(',');
  const about = (url.topic ?? '').split(',');
  return {
    text: url.q ?? '',
    topics: topics.map(({ key }) => key).filter((key) => about.includes(key)),
    severities: severities.filter((one) => wanted.includes(one)),
    grouped: url.view !== 'each',
  };
}

export const noFilter = { q: '', topic: '', severity: '' };

export const hasFilter = (view: SecurityView): boolean =>
  view.text !== '' || view.topics.length > 0 || view.severities.length > 0;

/** What nobody has to act on is kept back until it is asked for, by its chip or by a topic that is made of it. */
export const keptBack = (event: SecurityEvent, view: SecurityView): boolean =>
  event.severity === 'info' && view.severities.length === 0 && view.topics.length === 0;

/** What the server does not filter by. */
export function matches(event: SecurityEvent, view: SecurityView): boolean {
  if (keptBack(event, view)) return false;
  const topic = topicOf(event)?.key ?? '';
  if (view.topics.length > 0 && !view.topics.includes(topic)) return false;
  const needle = view.text.trim().toLowerCase();
  return [event.message, event.user_id, event.source_ip, event.provider_id, event.tool_name]
    .join(' ')
    .toLowerCase()
    .includes(needle);
}

export type Source = {
  key: string;
  /** The newest of it. */
  newest: SecurityEvent;
  oldest: SecurityEvent;
  /** How often, also where many were put on record as one. */
  times: number;
  events: SecurityEvent[];
};

/** Refusals of the same sort are put on record once a minute, with their number. */
const timesOf = ({ details }: SecurityEvent): number =>
  typeof details.times === 'number' ? details.times : 1;

/** The same, by the same, from the same place, is one line: an attack is not a thousand of them. Newest first. */
export function groupsOf(events: readonly SecurityEvent[]): Source[] {
  const groups = new Map<string, Source>();
  for (const event of events) {
    const key = [
      event.event_type,
      event.severity,
      event.user_id,
      event.source_ip,
      event.provider_id,
      event.tool_name,
      // Changes are told one by one: what was done differs, though the same did it.
      event.event_type === 'config_change' ? event.message : '',
    ].join('|');
    const known = groups.get(key);
    if (known) {
      known.events.push(event);
      known.times += timesOf(event);
      if (event.position > known.newest.position) known.newest = event;
      if (event.position < known.oldest.position) known.oldest = event;
    } else {
      groups.set(key, {
        key,
        newest: event,
        oldest: event,
        times: timesOf(event),
        events: [event],
      });
    }
  }
  return [...groups.values()].sort((a, b) => b.newest.position - a.newest.position);
}

export const securityFields: readonly Field<SecurityEvent>[] = [
  { name: 'time', value: (row) => row.timestamp },
  { name: 'severity', value: (row) => row.severity },
  { name: 'event_type', value: (row) => row.event_type },
  { name: 'message', value: (row) => row.message },
  { name: 'user_id', value: (row) => row.user_id ?? '' },
  { name: 'source_ip', value: (row) => row.source_ip ?? '' },
  { name: 'provider_id', value: (row) => row.provider_id ?? '' },
  { name: 'tool_name', value: (row) => row.tool_name ?? '' },
  { name: 'times', value: timesOf },
  { name: 'request_id', value: (row) => row.correlation_id ?? '' },
  { name: 'details', value: (row) => JSON.stringify(row.details) },
  { name: 'position', value: (row) => row.position },
  { name: 'event_id', value: (row) => row.event_id },
];
