/** What the Alerts page shows, as pure functions of the alerts and the address. */
import type { Alert, Silence } from '../../api/types';
import type { UrlState } from '../../hooks/useUrlState';
import { levels, ruleOf, subjectName } from '../../parts/alerts/rules';
import type { Field } from '../../ui/table';
import type { Tone } from '../../ui/tokens';

export type AlertView = { text: string; levels: Alert['level'][]; rule: string };

export function parseView(url: UrlState): AlertView {
  const wanted = (url.level ?? '').split(',');
  return {
    text: url.q ?? '',
    levels: levels.filter((one) => wanted.includes(one)),
    rule: url.rule ?? '',
  };
}

export const hasFilter = (view: AlertView): boolean =>
  view.text !== '' || view.levels.length > 0 || view.rule !== '';

export const noFilter = { q: '', level: '', rule: '' };

const words = (alert: Alert) =>
  [ruleOf(alert.rule).name, alert.rule, alert.subject, alert.message, alert.note]
    .join(' ')
    .toLowerCase();

export const matches = (alert: Alert, view: AlertView): boolean =>
  (view.levels.length === 0 || view.levels.includes(alert.level)) &&
  (view.rule === '' || view.rule === alert.rule) &&
  words(alert).includes(view.text.trim().toLowerCase());

/** Fires, and nobody has taken it up or asked not to hear of it. */
export const needsSomebody = (alert: Alert): boolean =>
  alert.state === 'firing' && alert.acknowledged_at === null && !alert.silenced;

export type Slot = { from: number; tone: Tone | null; title: string };

const hour = 3_600_000;

/** For each of the last 24 hours, oldest first, whether a rule fired in it, and how badly. */
export function dayOf(rule: string, alerts: readonly Alert[], now: number): Slot[] {
  const own = alerts.filter((one) => one.rule === rule);
  const end = Math.ceil(now / hour) * hour;
  return Array.from({ length: 24 }, (_, i) => {
    const from = end - (24 - i) * hour;
    const here = own.filter(
      ({ created_at, resolved_at }) =>
        Date.parse(created_at) < from + hour &&
        (resolved_at === null ? now : Date.parse(resolved_at)) >= from,
    );
    const worst = levels.find((level) => here.some((one) => one.level === level));
    return {
      from,
      tone: worst === undefined ? null : toneOf[worst],
      title: here.map((one) => subjectName(one.subject)).join(', '),
    };
  });
}

const toneOf: Record<Alert['level'], Tone> = { critical: 'bad', warning: 'warn', info: 'idle' };

export const firedIn24h = (rule: string, alerts: readonly Alert[], now: number): number =>
  alerts
    .filter((one) => one.rule === rule && Date.parse(one.timestamp) > now - 24 * hour)
    .reduce((sum, one) => sum + one.count, 0);

/** Whether a silence keeps quiet about it now. */
export const covers = (silence: Silence, alert: Alert): boolean =>
  (silence.rule === '' || silence.rule === alert.rule) &&
  (silence.subject === '' || silence.subject === alert.subject);

export const alertFields: readonly Field<Alert>[] = [
  { name: 'alert_id', value: (row) => row.alert_id },
  { name: 'state', value: (row) => row.state },
  { name: 'level', value: (row) => row.level },
  { name: 'rule', value: (row) => row.rule },
  { name: 'subject', value: (row) => row.subject },
  { name: 'message', value: (row) => row.message },
  { name: 'created_at', value: (row) => row.created_at },
  { name: 'timestamp', value: (row) => row.timestamp },
  { name: 'resolved_at', value: (row) => row.resolved_at },
  { name: 'count', value: (row) => row.count },
  { name: 'acknowledged_by', value: (row) => row.acknowledged_by },
  { name: 'note', value: (row) => row.note },
  { name: 'silenced', value: (row) => row.silenced },
];
