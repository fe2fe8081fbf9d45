import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import { binary } from './hangar';

const node = process.execPath;

/** A directory for what discovery is to find: its name is short, for it is seen, and it is gone in the end. */
export async function newFoundDir(): Promise<string> {
  const found = await mkdtemp(path.join(tmpdir(), 'found-'));
  process.once('exit', () => {
    rmSync(found, { recursive: true, force: true });
  });
  return found;
}

/** A fleet in which something of everything can be seen: what works, what fails, groups, calls, log lines. */
export async function setScene(api: APIRequestContext): Promise<void> {
  const { providers } = (await (await api.get('/api/providers')).json()) as {
    providers: { provider: string }[];
  };
  if (providers.some((one) => one.provider === 'calc-1')) return;
  const add = (id: string, command: string[], more: object = {}) =>
    api.post('/api/providers', { data: { provider_id: id, mode: 'subprocess', command, ...more } });
  for (const id of ['calc-1', 'calc-2', 'calc-3']) await add(id, [binary, 'demo']);
  await add('weather', [
    node,
    '-e',
    "console.error('INFO  reading config.json');console.error('ERROR no API key in WEATHER_KEY');process.exit(3)",
  ]);
  await api.post('/api/groups', {
    data: {
      group_id: 'calculators',
      strategy: 'weighted_round_robin',
      min_healthy: 2,
      description: 'Arithmetic for everyone',
    },
  });
  for (const [id, weight] of Object.entries({ 'calc-1': 3, 'calc-2': 2, 'calc-3': 1 })) {
    await api.post('/api/groups/calculators/members', { data: { member_id: id, weight } });
  }
  await api.post('/api/groups', { data: { group_id: 'forecasts', min_healthy: 1 } });
  await api.post('/api/groups/forecasts/members', { data: { member_id: 'weather' } });
  const found = await newFoundDir();
  await writeFile(
    path.join(found, 'files.yaml'),
    `name: files\nmode: subprocess\ncommand: ["${binary}", "demo"]\nmetadata: {owner: platform}\n`,
  );
  await writeFile(path.join(found, 'broken.yaml'), 'name: broken\nmode: subprocess\n');
  await api.post('/api/discovery/sources', {
    data: { source_type: 'filesystem', mode: 'additive', config: { path: found } },
  });
  await api.post('/api/auth/keys', { data: { principal_id: 'ci', name: 'pipeline' } });
  await api.post('/api/auth/principals/ci/roles', { data: { role_id: 'agent' } });
  await api.post('/api/auth/principals/oncall/roles', { data: { role_id: 'developer' } });
  await api.post('/api/auth/principals/reader/roles', { data: { role_id: 'viewer' } });
  const policy = (place: string, principal_id: string, effect: string) =>
    api.put(`/api/auth/policies/${place}`, { data: { principal_id, effect } });
  await policy('calc-*/*', 'ci', 'allow');
  await policy('demo/divide', 'role:developer', 'deny');
  await policy('filesystem/write_*', '*', 'deny');
  await api.post('/api/config/backup', { data: { label: 'before the change' } });
  for (const id of ['demo', 'calc-1', 'calc-2', 'calc-3', 'filesystem', 'everything']) {
    await api.post(`/api/providers/${id}/start`);
  }
  await api.post('/api/providers/weather/start');
  for (let i = 0; i < 24; i += 1) {
    await api.post('/api/groups/calculators/tools/add/call', {
      data: { arguments: { a: i, b: 1 } },
    });
  }
  await api.post('/api/providers/demo/tools/divide/call', {
    data: { arguments: { a: 1, b: 0 } },
  });
}
