import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import type { ApiRequest } from '../../api/send';
import { keys } from '../../api/keys';
import type { Policy, PolicyEffect } from '../../api/types';
import type { Action } from './action';

export type Place = Pick<Policy, 'provider_id' | 'tool_name' | 'principal_id'>;

const path = (place: Place) =>
  `api/auth/policies/${encodeURIComponent(place.provider_id)}/${encodeURIComponent(place.tool_name)}`;

export const setRequest = (place: Place, effect: PolicyEffect): ApiRequest => ({
  method: 'PUT',
  path: path(place),
  body: { principal_id: place.principal_id, effect },
});

export const clearRequest = (place: Place): ApiRequest => ({
  method: 'DELETE',
  path: `${path(place)}?principal_id=${encodeURIComponent(place.principal_id)}`,
});

/** Unique: there is one policy of a subject at a place. */
export const policyKey = (place: Place): string =>
  [place.provider_id, place.tool_name, place.principal_id].join(' ');

/** deny robot tool add of math */
export const policyName = (policy: Place & { effect: PolicyEffect }): string =>
  `${policy.effect} ${policy.principal_id} ${policy.tool_name} of ${policy.provider_id}`;

const common = (policy: Policy) => ({
  subject: `access:policy ${policyKey(policy)}`,
  tier: 1 as const,
  refresh: [keys.access],
});

/** Takes it away, and back again: it is whole in the row that shows it. */
export const deletePolicy = (policy: Policy): Action => ({
  ...common(policy),
  id: `delete:access:policy ${policyKey(policy)}`,
  verb: 'Delete',
  label: `Delete policy ${policyName(policy)}`,
  icon: IconShieldOff,
  needs: ['auth:update:*'],
  requests: [clearRequest(policy)],
  done: `The policy ${policyName(policy)} is deleted`,
  failed: `The policy ${policyName(policy)} could not be deleted`,
  undo: {
    ...common(policy),
    id: `set:access:policy ${policyKey(policy)}`,
    verb: 'Set',
    label: `Set policy ${policyName(policy)}`,
    icon: IconShieldCheck,
    needs: ['auth:update:*'],
    requests: [setRequest(policy, policy.effect)],
    done: `The policy ${policyName(policy)} holds again`,
    failed: `The policy ${policyName(policy)} could not be set`,
  },
});
