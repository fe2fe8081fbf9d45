import {
  IconFileText,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import type { ApiRequest } from '../../api/send';
import type { ProviderSummary } from '../../api/types';
import { ProviderImpact } from '../ProviderImpact';
import type { Action } from './action';

type Subject = Pick<ProviderSummary, 'provider' | 'state' | 'alive' | 'stopping'>;

export const providerSubject = (id: string) => `provider:${id}`;

const at = (id: string, verb = '') =>
  `api/providers/${encodeURIComponent(id)}${verb === '' ? '' : `/${verb}`}`;

const startRequest = (id: string): ApiRequest => ({ method: 'POST', path: at(id, 'start') });
const stopRequest = (id: string): ApiRequest => ({
  method: 'POST',
  path: at(id, 'stop'),
  body: { reason: 'user_request' },
});

/** Everything that can be done with a provider now; what stands in the way of the rest is said. */
export function providerActions(provider: Subject): Action[] {
  const up = provider.alive || provider.state === 'initializing';
  return [
    up ? stop(provider) : start(provider),
    restart(provider),
    logs(provider.provider),
    edit(provider.provider),
    remove(provider.provider),
  ];
}

export function start({ provider: id, alive, state }: Subject): Action {
  return {
    ...common(id, 'start', 'Start'),
    icon: IconPlayerPlay,
    needs: [`provider:start:${id}`],
    key: 's',
    tier: 0,
    blocked: alive || state === 'initializing' ? 'it is running' : undefined,
    requests: [startRequest(id)],
    done: `${id} is ready`,
    failed: `${id} did not start`,
  };
}

export function stop({ provider: id, alive, state, stopping }: Subject): Action {
  const running = alive || state === 'initializing';
  return {
    ...common(id, 'stop', 'Stop'),
    icon: IconPlayerStop,
    needs: [`provider:stop:${id}`],
    key: 'S',
    tier: 2,
    blocked: stopping ? 'it is stopping' : running ? undefined : 'it is not running',
    question: {
      title: `Stop ${id}?`,
      Body: () => (
        <ProviderImpact id={id}>
          Calls that are under way are finished first. The next call starts it again.
        </ProviderImpact>
      ),
    },
    requests: [stopRequest(id)],
    done: `${id} is stopped`,
    failed: `${id} could not be stopped`,
  };
}

function restart({ provider: id, alive }: Subject): Action {
  return {
    ...common(id, 'restart', 'Restart'),
    icon: IconRefresh,
    needs: [`provider:stop:${id}`, `provider:start:${id}`],
    key: 'r',
    tier: 2,
    blocked: alive ? undefined : 'it is not running',
    question: {
      title: `Restart ${id}?`,
      Body: () => (
        <ProviderImpact id={id}>
          It is stopped, after the calls under way, and started again. Calls that come meanwhile
          wait for it.
        </ProviderImpact>
      ),
    },
    requests: [stopRequest(id), startRequest(id)],
    done: `${id} is ready again`,
    failed: `${id} could not be restarted`,
  };
}

const logs = (id: string): Action => ({
  ...common(id, 'logs', 'Logs'),
  label: `Logs of ${id}`,
  icon: IconFileText,
  needs: [`log:read:${id}`],
  key: 'l',
  tier: 0,
  go: { to: '/providers/$id', params: { id }, search: { tab: 'logs' } },
});

const edit = (id: string): Action => ({
  ...common(id, 'edit', 'Edit'),
  icon: IconPencil,
  needs: [`provider:exec:${id}`],
  key: 'e',
  tier: 0,
  go: { to: '/providers/$id', params: { id }, search: { edit: id } },
});

const remove = (id: string): Action => ({
  ...common(id, 'delete', 'Delete'),
  icon: IconTrash,
  needs: [`provider:delete:${id}`],
  tier: 3,
  question: {
    title: `Delete ${id}?`,
    Body: () => (
      <ProviderImpact id={id}>
        The provider <strong>{id}</strong> is stopped and its definition is removed. Its tools are
        no longer offered. The event log keeps its history.
      </ProviderImpact>
    ),
  },
  requests: [{ method: 'DELETE', path: at(id) }],
  after: { to: '/providers' },
  done: `${id} is deleted`,
  failed: `${id} could not be deleted`,
});

const common = (id: string, name: string, verb: string) => ({
  id: `${name}:${providerSubject(id)}`,
  verb,
  label: `${verb} ${id}`,
  subject: providerSubject(id),
});
