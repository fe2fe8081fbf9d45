import { IconArrowBackUp, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { restorePath } from '../../api/config';
import { keys } from '../../api/keys';
import type { Backup } from '../../api/types';
import type { Action } from './action';

/** @param plan what it would do, computed when it is asked about */
export const reloadConfig = (plan: () => ReactNode, blocked?: string): Action => ({
  id: 'reload:config:file',
  verb: 'Reload',
  label: 'Reload the configuration file',
  icon: IconRefresh,
  needs: ['provider:exec:*'],
  subject: 'config:file',
  tier: 2,
  blocked,
  question: { title: 'Reload the configuration file?', Body: () => plan() },
  requests: [{ method: 'POST', path: 'api/config/reload', body: {} }],
  refresh: [keys.config, keys.groups],
  done: 'The file is in effect',
  failed: 'The file was not brought into effect; everything is as it was',
});

export const restoreBackup = (backup: Backup, plan: () => ReactNode): Action => ({
  id: `restore:config:${backup.backup_id}`,
  verb: 'Restore',
  label: `Restore ${backup.label === '' ? 'this backup' : `“${backup.label}”`}`,
  icon: IconArrowBackUp,
  needs: ['provider:exec:*'],
  subject: `config:${backup.backup_id}`,
  tier: 3,
  blocked: backup.problem === '' ? undefined : backup.problem,
  question: { title: 'Make the fleet what it was then?', Body: () => plan() },
  requests: [{ method: 'POST', path: restorePath(backup.backup_id), body: {} }],
  refresh: [keys.config, keys.groups],
  done: 'The backup is in effect',
  failed: 'The backup was not restored; everything is as it was',
});
