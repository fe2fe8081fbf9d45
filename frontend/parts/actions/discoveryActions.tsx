import { IconCheck, IconRadar2, IconToggleLeft, IconTrash, IconX } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { ApiRequest } from '../../api/send';
import type { Found, Source } from '../../api/types';
import { plural } from '../../ui/format';
import { shown } from '../../ui/shown';
import type { Action } from './action';

const refresh = [keys.discovery];
const foundSubject = (key: string) => `discovery:${key}`;

/** What can be decided about something that was found. */
export function foundActions(found: Found): Action[] {
  switch (found.status) {
    case 'registered':
      return [];
    case 'rejected':
      return [approve(found)];
    default:
      return [approve(found), reject(found)];
  }
}

/** Approves the definition that was seen and no other: one that was exchanged meanwhile is refused. */
const approve = (found: Found): Action => {
  const { key, risks, status, reason } = found;
  return {
    id: `approve:${foundSubject(key)}`,
    verb: 'Approve',
    label: `Approve ${key}`,
    icon: IconCheck,
    needs: ['provider:exec:*'],
    subject: foundSubject(key),
    key: 'a',
    tier: 2,
    blocked: unfit(found),
    question: {
      title: `Make a provider of ${key}?`,
      Body: () => (
        <>
          <p>
            It is registered with the definition that you see, and started by its first call. What
            changes at its source afterwards waits for approval anew.
          </p>
          {status === 'quarantined' ? <p>It is in quarantine: {reason}.</p> : null}
          {risks.length > 0 ? (
            <ul>
              {risks.map((risk) => (
                <li key={risk}>{risk}</li>
              ))}
            </ul>
          ) : null}
        </>
      ),
    },
    requests: [approval(found)],
    refresh,
    done: `${key} is a provider`,
    failed: `${key} was not approved`,
  };
};

const approval = ({ key, fingerprint }: Found): ApiRequest => ({
  method: 'POST',
  path: `api/discovery/approve/${encodeURIComponent(key)}`,
  body: { fingerprint },
});

const rejection = ({ key }: Found): ApiRequest => ({
  method: 'POST',
  path: `api/discovery/reject/${encodeURIComponent(key)}`,
});

/** Why nobody can approve it as it is. */
function unfit({ status, mode, reason, is_missing: missing }: Found): string | undefined {
  if (mode === '') return 'its definition cannot be used';
  if (status === 'quarantined' && reason !== 'conflict') return 'it has to be mended at its source';
  return missing ? 'its source does not show it any more' : undefined;
}

/** The same with several at once, one after the other; those that it cannot be done with are left out and counted. */
export function bulkFoundActions(marked: readonly Found[], then: () => void): Action[] {
  // What is in quarantine is looked at one by one.
  const fit = marked.filter(
    (one) => ['pending', 'rejected'].includes(one.status) && unfit(one) === undefined,
  );
  const open = marked.filter((one) => one.status === 'pending' || one.status === 'quarantined');
  const common = {
    subject: `discovery:${marked.length} found`,
    tier: 2 as const,
    refresh,
    then: () => {
      then();
    },
  };
  return [
    {
      ...common,
      id: 'approve:discovery:bulk',
      verb: 'Approve',
      label: `Approve ${plural(fit.length, 'server')}`,
      icon: IconCheck,
      needs: ['provider:exec:*'],
      blocked: fit.length === 0 ? 'none of these can be approved' : undefined,
      question: {
        title: `Make providers of ${plural(fit.length, 'server')}?`,
        Body: () => <Named found={fit} left={marked.length - fit.length} />,
      },
      requests: fit.map(approval),
      done: `${plural(fit.length, 'server')} approved`,
      failed: 'Not all of them were approved; those that were are providers now',
    },
    {
      ...common,
      id: 'reject:discovery:bulk',
      verb: 'Reject',
      label: `Reject ${plural(open.length, 'server')}`,
      icon: IconX,
      needs: ['discovery:write:*'],
      blocked: open.length === 0 ? 'none of these waits for a decision' : undefined,
      question: {
        title: `Reject ${plural(open.length, 'server')}?`,
        Body: () => <Named found={open} left={marked.length - open.length} />,
      },
      requests: open.map(rejection),
      done: `${plural(open.length, 'server')} rejected`,
      failed: 'Not all of them were rejected; those that were are',
    },
  ];
}

function Named({ found, left }: { found: readonly Found[]; left: number }) {
  return (
    <>
      <ul>
        {found.map((one) => (
          <li key={one.key}>
            <strong>{shown(one.key)}</strong> {one.risks.map(shown).join('; ')}
          </li>
        ))}
      </ul>
      {left > 0 ? (
        <p className="muted">{left} of those that are marked are left as they are.</p>
      ) : null}
    </>
  );
}

/** Can be taken back: what was rejected can be approved. */
const reject = (found: Found): Action => {
  const { key, status } = found;
  return {
    id: `reject:${foundSubject(key)}`,
    verb: 'Reject',
    label: `Reject ${key}`,
    icon: IconX,
    needs: ['discovery:write:*'],
    subject: foundSubject(key),
    key: 'x',
    tier: 0,
    requests: [rejection(found)],
    refresh,
    done: `${key} is rejected; it is asked about again when its definition changes`,
    failed: `${key} could not be rejected${status === 'quarantined' ? ' from quarantine' : ''}`,
  };
};

export function sourceActions(source: Source): Action[] {
  return [scan(source), enable(source, !source.enabled), removeSource(source)];
}

const at = (id: string, rest = '') => `api/discovery/sources/${encodeURIComponent(id)}${rest}`;

export const scan = ({
  source_id: id,
  enabled,
}: Pick<Source, 'source_id' | 'enabled'>): Action => ({
  id: `scan:discovery:${id}`,
  verb: 'Look now',
  label: `Look at ${id} now`,
  icon: IconRadar2,
  needs: ['discovery:write:*'],
  subject: foundSubject(id),
  tier: 0,
  blocked: enabled ? undefined : 'it is switched off',
  requests: [{ method: 'POST', path: at(id, '/scan') }],
  refresh,
  done: `${id} was looked at`,
  failed: `${id} could not be looked at`,
});

function enable({ source_id: id }: Source, on: boolean): Action {
  const turn = (enabled: boolean): Action => ({
    id: `enable:discovery:${id}`,
    verb: enabled ? 'Switch on' : 'Switch off',
    label: `Switch ${id} ${enabled ? 'on' : 'off'}`,
    icon: IconToggleLeft,
    needs: ['provider:exec:*'],
    subject: foundSubject(id),
    tier: 1,
    requests: [{ method: 'PUT', path: at(id, '/enable'), body: { enabled } }],
    refresh,
    done: `${id} is switched ${enabled ? 'on' : 'off'}`,
    failed: `${id} could not be switched ${enabled ? 'on' : 'off'}`,
  });
  return { ...turn(on), undo: turn(!on) };
}

const removeSource = ({ source_id: id, source }: Source): Action => ({
  id: `delete:discovery:${id}`,
  verb: 'Remove',
  label: `Remove source ${id}`,
  icon: IconTrash,
  needs: ['discovery:write:*'],
  subject: foundSubject(id),
  tier: 3,
  blocked: source === 'file' ? 'the configuration file defines it' : undefined,
  question: {
    title: `Remove source ${id}?`,
    Body: () => (
      <p>
        Nothing is looked for there any more. Providers that were found there stay; what still waits
        for approval is forgotten.
      </p>
    ),
  },
  requests: [{ method: 'DELETE', path: at(id) }],
  refresh,
  done: `Source ${id} is removed`,
  failed: `Source ${id} could not be removed`,
});
