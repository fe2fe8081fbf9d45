import type { Alert, Group } from '../../api/types';
import { levels, providerOf, rules } from './rules';

/** One thing that is wrong, with what else is wrong because of it. */
export type Cause = { alert: Alert; symptoms: Alert[] };

const rank = (alert: Alert) => rules.findIndex((rule) => rule.key === alert.rule);

const worse = (a: Alert, b: Alert) =>
  levels.indexOf(a.level) - levels.indexOf(b.level) ||
  rank(a) - rank(b) ||
  Date.parse(a.created_at) - Date.parse(b.created_at) ||
  a.alert_id.localeCompare(b.alert_id);

/**
 * Forty symptoms of one cause are one line of work: what fires about a provider stands together, and a group that is short
 * of members stands with the first of them that fails. Worst first.
 */
export function causesOf(firing: readonly Alert[], groups: readonly Group[]): Cause[] {
  const byProvider = new Map<string, Cause>();
  const causes: Cause[] = [];
  const rest: Alert[] = [];
  for (const alert of [...firing].sort(worse)) {
    const id = providerOf(alert.subject);
    const known = byProvider.get(id);
    if (id !== '' && known) known.symptoms.push(alert);
    else if (id === '') rest.push(alert);
    else {
      const cause = { alert, symptoms: [] };
      byProvider.set(id, cause);
      causes.push(cause);
    }
  }
  for (const alert of rest) {
    const cause = causeIn(alert, groups, byProvider);
    if (cause) cause.symptoms.push(alert);
    else causes.push({ alert, symptoms: [] });
  }
  return causes.sort((a, b) => worse(worstOf(a), worstOf(b)));
}

/** How bad it is, with all that comes of it. */
export const worstOf = ({ alert, symptoms }: Cause): Alert =>
  [alert, ...symptoms].sort(worse)[0] ?? alert;

function causeIn(
  alert: Alert,
  groups: readonly Group[],
  byProvider: ReadonlyMap<string, Cause>,
): Cause | undefined {
  if (!alert.subject.startsWith('group:')) return undefined;
  const id = alert.subject.slice('group:'.length);
  const members = groups.find((group) => group.group_id === id)?.members ?? [];
  return members
    .flatMap((member) => byProvider.get(member.id) ?? [])
    .sort((a, b) => worse(a.alert, b.alert))[0];
}
