import { IconArrowBackUp, IconBell, IconBellOff, IconHandStop } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { Alert, Silence } from '../../api/types';
import { ruleOf, subjectName } from '../alerts/rules';
import type { Action } from './action';

const refresh = [keys.alerts];
export const alertSubject = (id: string) => `alert:${id}`;

const nameOf = ({ rule, subject }: Pick<Alert, 'rule' | 'subject'>) =>
  [rule === '' ? '' : ruleOf(rule).name, subject === '' ? '' : subjectName(subject)]
    .filter((one) => one !== '')
    .join(', ');

const at = (alert: Alert) =>
  `api/observability/alerts/${encodeURIComponent(alert.alert_id)}/acknowledge`;

/** Says that somebody is at it: it fires on, and stops asking for attention. */
export function acknowledge(alert: Alert, note: string): Action {
  return {
    id: `acknowledge:${alertSubject(alert.alert_id)}`,
    verb: 'Acknowledge',
    label: `Acknowledge ${nameOf(alert)}`,
    icon: IconHandStop,
    needs: ['alert:write:*'],
    subject: alertSubject(alert.alert_id),
    tier: 1,
    blocked: alert.state === 'firing' ? undefined : 'it is resolved',
    requests: [{ method: 'POST', path: at(alert), body: note === '' ? {} : { note } }],
    refresh,
    done: `Acknowledged: ${nameOf(alert)}`,
    failed: `${nameOf(alert)} could not be acknowledged`,
    undo: {
      ...unacknowledge(alert),
    },
  };
}

export const unacknowledge = (alert: Alert): Action => ({
  id: `unacknowledge:${alertSubject(alert.alert_id)}`,
  verb: 'Take back',
  label: `Take back the acknowledgement of ${nameOf(alert)}`,
  icon: IconArrowBackUp,
  needs: ['alert:write:*'],
  subject: alertSubject(alert.alert_id),
  tier: 0,
  requests: [{ method: 'DELETE', path: at(alert) }],
  refresh,
  done: `Nobody is at it: ${nameOf(alert)}`,
  failed: `The acknowledgement of ${nameOf(alert)} could not be taken back`,
});

type Quiet = { rule: string; subject: string; minutes: number; reason: string };

/** Keeps quiet about a rule, a subject, or both together. */
export function silence({ rule, subject, minutes, reason }: Quiet): Action {
  const name = nameOf({ rule, subject });
  return {
    id: `silence:${rule}:${subject}`,
    verb: 'Silence',
    label: `Silence ${name}`,
    icon: IconBellOff,
    needs: ['alert:write:*'],
    subject: `silence:${rule}:${subject}`,
    tier: 1,
    requests: [
      {
        method: 'POST',
        path: 'api/observability/silences',
        body: {
          ...(rule === '' ? {} : { rule }),
          ...(subject === '' ? {} : { subject }),
          ...(reason === '' ? {} : { reason }),
          minutes,
        },
      },
    ],
    refresh,
    done: `Silenced: ${name}`,
    failed: `${name} could not be silenced`,
    undoOf: (answer) => endSilence((answer as { silence: Silence }).silence),
  };
}

export function endSilence(one: Silence): Action {
  const name = nameOf(one);
  return {
    id: `unsilence:${one.silence_id}`,
    verb: 'End',
    label: `End the silence of ${name}`,
    icon: IconBell,
    needs: ['alert:write:*'],
    subject: `silence:${one.silence_id}`,
    tier: 0,
    requests: [
      {
        method: 'DELETE',
        path: `api/observability/silences/${encodeURIComponent(one.silence_id)}`,
      },
    ],
    refresh,
    done: `Heard again: ${name}`,
    failed: `The silence of ${name} could not be ended`,
  };
}
