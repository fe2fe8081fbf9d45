import { IconRefresh, IconTrash } from '@tabler/icons-react';
import { keys } from '../../api/keys';
import type { CatalogEntry } from '../../api/types';
import type { Action } from './action';

const subject = (id: string) => `catalog:${id}`;

/** What can be done with an entry besides deploying it: what somebody added can be deleted. */
export function entryActions(entry: CatalogEntry): Action[] {
  return entry.source === 'custom' ? [remove(entry.entry_id)] : [];
}

const remove = (id: string): Action => ({
  id: `delete:${subject(id)}`,
  verb: 'Delete',
  label: `Delete ${id} from the catalog`,
  icon: IconTrash,
  needs: ['catalog:write:*'],
  subject: subject(id),
  tier: 3,
  question: {
    title: `Delete ${id} from the catalog?`,
    Body: () => (
      <p>
        The entry <strong>{id}</strong> can no longer be deployed. Providers that were made of it
        live on.
      </p>
    ),
  },
  requests: [{ method: 'DELETE', path: `api/catalog/${encodeURIComponent(id)}` }],
  refresh: [keys.catalogAll],
  done: `${id} is no longer in the catalog`,
  failed: `${id} could not be deleted from the catalog`,
});

export const refreshMirror: Action = {
  id: 'refresh:catalog:mirror',
  verb: 'Refresh',
  label: 'Refresh the copy of the registry',
  icon: IconRefresh,
  needs: ['catalog:write:*'],
  subject: subject('mirror'),
  tier: 0,
  requests: [{ method: 'POST', path: 'api/catalog/mirror/refresh' }],
  refresh: [keys.catalogAll],
  done: 'The registry is read anew',
  failed: 'The registry could not be read',
};
