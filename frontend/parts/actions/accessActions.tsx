import { IconBan, IconShieldMinus, IconShieldPlus, IconTrash } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { KeyInfo, Principal, RoleInfo } from '../../api/types';
import type { Action } from './action';

const refresh = [keys.access];
const needs = ['auth:update:*'];
const subject = (id: string) => `access:${id}`;
const at = (id: string, rest = '') => `api/auth/principals/${encodeURIComponent(id)}${rest}`;

export const revokeKey = (key: KeyInfo): Action => ({
  id: `revoke:access:${key.key_id}`,
  verb: 'Revoke',
  label: `Revoke ${key.name}`,
  icon: IconBan,
  needs,
  subject: subject(key.name),
  tier: 3,
  question: {
    title: `Revoke the key ${key.name}?`,
    Body: () => (
      <p>
        Nobody gets in with it from then on, and what it has opened is closed: calls, sessions,
        sockets. It cannot be made valid again.
      </p>
    ),
  },
  requests: [
    { method: 'DELETE', path: `api/auth/keys/${encodeURIComponent(key.key_id)}`, body: {} },
  ],
  refresh,
  done: `The key ${key.name} is revoked`,
  failed: `The key ${key.name} could not be revoked`,
});

function give(principal: string, role: string): Action {
  return {
    id: `give:access:${principal}:${role}`,
    verb: 'Give',
    label: `Give ${principal} the role ${role}`,
    icon: IconShieldPlus,
    needs: [`auth:update:${principal}`],
    subject: subject(principal),
    tier: 1,
    requests: [{ method: 'POST', path: at(principal, '/roles'), body: { role_id: role } }],
    refresh,
    done: `${principal} has the role ${role}`,
    failed: `${principal} was not given the role ${role}`,
  };
}

function take(principal: string, role: string): Action {
  return {
    id: `take:access:${principal}:${role}`,
    verb: 'Take',
    label: `Take the role ${role} from ${principal}`,
    icon: IconShieldMinus,
    needs: [`auth:update:${principal}`],
    subject: subject(principal),
    tier: 1,
    requests: [{ method: 'DELETE', path: at(principal, `/roles/${encodeURIComponent(role)}`) }],
    refresh,
    done: `${principal} no longer has the role ${role}`,
    failed: `The role ${role} could not be taken from ${principal}`,
  };
}

export const giveRole = (principal: string, role: string): Action => ({
  ...give(principal, role),
  undo: take(principal, role),
});

export const takeRole = (principal: string, role: string): Action => ({
  ...take(principal, role),
  undo: give(principal, role),
});

export const deletePrincipal = ({ principal_id: id }: Principal): Action => ({
  id: `delete:access:${id}`,
  verb: 'Delete',
  label: `Delete ${id}`,
  icon: IconTrash,
  needs: [`auth:update:${id}`],
  subject: subject(id),
  tier: 3,
  question: {
    title: `Delete ${id}?`,
    Body: () => <p>Its keys, sessions, roles and policies go with it, at once.</p>,
  },
  requests: [{ method: 'DELETE', path: at(id) }],
  refresh,
  done: `${id} is deleted`,
  failed: `${id} could not be deleted`,
});

export const deleteRole = ({ role_id: id, is_builtin: builtin }: RoleInfo): Action => ({
  id: `delete:access:role:${id}`,
  verb: 'Delete',
  label: `Delete role ${id}`,
  icon: IconTrash,
  needs,
  subject: subject(id),
  tier: 3,
  blocked: builtin ? 'it is built in' : undefined,
  question: {
    title: `Delete role ${id}?`,
    Body: () => <p>Nobody has it any more from then on.</p>,
  },
  requests: [{ method: 'DELETE', path: `api/auth/roles/${encodeURIComponent(id)}` }],
  refresh,
  done: `The role ${id} is deleted`,
  failed: `The role ${id} could not be deleted`,
});
