import { api, must } from './client';
import { send } from './send';
import type { Backup, BackupList, ConfigDiff, ConfigInEffect, Exported, Planned } from './types';

export const getConfig = (signal?: AbortSignal): Promise<ConfigInEffect> =>
  must(api().GET('/api/config', { signal: signal ?? null }));

/** What a reload would do now, or why the file cannot be used. */
export const planReload = (signal?: AbortSignal): Promise<Planned> =>
  send(
    { method: 'POST', path: 'api/config/reload', body: { dry_run: true } },
    signal,
  ) as Promise<Planned>;

export const planRestore = (id: string, signal?: AbortSignal): Promise<Planned> =>
  send(
    { method: 'POST', path: restorePath(id), body: { dry_run: true } },
    signal,
  ) as Promise<Planned>;

export const restorePath = (id: string): string =>
  `api/config/backups/${encodeURIComponent(id)}/restore`;

/** What can be compared: what is in effect (memory), the file, and backups by their ids. */
export type Sides = { from: string; to: string };

/** What a reload would make of what is in effect. */
export const reloadSides: Sides = { from: 'memory', to: 'file' };

export const diffPath = ({ from, to }: Sides): string =>
  `api/config/diff?${new URLSearchParams({ from, to }).toString()}`;

export const getDiff = (query: Sides, signal?: AbortSignal): Promise<ConfigDiff> =>
  must(api().GET('/api/config/diff', { params: { query }, signal: signal ?? null }));

export const listBackups = (signal?: AbortSignal): Promise<BackupList> =>
  must(api().GET('/api/config/backups', { signal: signal ?? null }));

export const makeBackup = (label: string): Promise<Backup> =>
  must(api().POST('/api/config/backup', { body: { label } }));

/** @param backup the fleet of that backup; '' for that of now */
export const exportConfig = (secrets: 'mask' | 'variables', backup: string): Promise<Exported> =>
  must(
    api().POST('/api/config/export', {
      body: { secrets, ...(backup === '' ? {} : { backup_id: backup }) },
    }),
  );
