import { IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash } from '@tabler/icons-react';
import type { BulkAnswer, BulkOrder } from '../../api/types';
import { addBulk } from '../../store/bulks';
import { plural } from '../../ui/format';
import { BulkPlan } from '../BulkPlan';
import type { Action } from './action';

type Verb = BulkOrder['verb'];

const words = {
  start: { verb: 'Start', icon: IconPlayerPlay, key: 's', tier: 0, needs: ['provider:start'] },
  stop: { verb: 'Stop', icon: IconPlayerStop, key: 'S', tier: 2, needs: ['provider:stop'] },
  restart: {
    verb: 'Restart',
    icon: IconRefresh,
    key: 'r',
    tier: 2,
    needs: ['provider:stop', 'provider:start'],
  },
  delete: { verb: 'Delete', icon: IconTrash, key: undefined, tier: 3, needs: ['provider:delete'] },
} as const;

const meaning: Record<Verb, string> = {
  start: '',
  stop: 'Calls that are under way are finished first. The next call starts a provider again.',
  restart: 'They are stopped, after the calls under way, and started again, a few at a time.',
  delete:
    'They are stopped and their definitions are removed. Their tools are no longer offered. The event log keeps their history.',
};

/**
 * What can be done with several providers at once.
 *
 * @param count how many are marked; to delete them, a person types this number
 */
export function bulkActions(
  count: number,
  orderFor: (verb: Verb) => BulkOrder,
  then: () => void,
): Action[] {
  return (['start', 'stop', 'restart', 'delete'] as const).map((name): Action => {
    const { verb, icon, key, tier, needs } = words[name];
    const many = plural(count, 'provider');
    const order = orderFor(name);
    return {
      id: `bulk-${name}:bulk:`,
      verb,
      label: `${verb} ${many}`,
      icon,
      subject: `bulk:${count}`,
      tier,
      needs,
      ...(key === undefined ? {} : { key }),
      ...(tier === 0
        ? {}
        : {
            question: {
              title: `${verb} ${many}?`,
              Body: () => <BulkPlan order={order}>{meaning[name]}</BulkPlan>,
            },
          }),
      requests: [{ method: 'POST', path: 'api/providers/bulk', body: order }],
      then: (answer) => {
        addBulk(answer as BulkAnswer);
        then();
      },
      failed: `${verb}: nothing was done`,
    };
  });
}
