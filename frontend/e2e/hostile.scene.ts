import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import { binary, expect } from './hangar';
import { newFoundDir } from './scene';
import { charges, evil, markup, override, tools } from './hostile.texts.mjs';

/** A fleet whose every text that others may choose is hostile. It gives the pages to look at, in addition to the usual ones. */
export async function setTrap(api: APIRequestContext): Promise<string[]> {
  const id = 'hostile';
  const text = charges.join(' ');
  // What is refused is told to nobody; at least the charges themselves, which are plain characters, must be taken.
  const tell = async (method: 'post' | 'put', at: string, body: (text: string) => object) => {
    const best = await api[method](at, { data: body(evil) });
    if (best.ok()) return best;
    expect(best.status(), `${at} refuses by name`).toBeLessThan(500);
    const plainer = await api[method](at, { data: body(text) });
    expect(plainer.ok(), `${at}: ${await plainer.text()}`).toBe(true);
    return plainer;
  };
  await tell('post', '/api/providers', (description) => ({
    provider_id: id,
    mode: 'subprocess',
    command: [process.execPath, path.join(import.meta.dirname, 'hostile.server.mjs')],
    description,
  }));
  await tell('post', '/api/providers', (description) => ({
    provider_id: 'hostile-dead',
    mode: 'subprocess',
    command: [
      process.execPath,
      '-e',
      `process.stderr.write(${JSON.stringify(evil)}); process.exit(3)`,
    ],
    description,
  }));
  await tell('post', '/api/groups', (description) => ({ group_id: 'trap', description }));
  await api.post('/api/groups/trap/members', { data: { member_id: id } });
  await api.post(`/api/providers/${id}/start`);
  await api.post('/api/providers/hostile-dead/start');
  for (const { name } of tools) {
    await api.post(`/api/providers/${id}/tools/${encodeURIComponent(name)}/call`, {
      data: { arguments: { '<b>key</b>': evil } },
    });
  }
  await api.post(`/api/providers/${id}/tools/${encodeURIComponent(`no ${markup}`)}/call`, {
    data: { arguments: {} },
  });

  await api.post(`/api/providers/${id}/stop`);
  await api.post(`/api/providers/${id}/start`);

  await tell('post', '/api/auth/keys', (name) => ({
    principal_id: 'mallory',
    name: name.slice(0, 200),
  }));
  await tell('put', '/api/auth/principals/mallory', (description) => ({
    description: description.slice(0, 900),
  }));
  await tell('post', '/api/auth/roles', (description) => ({
    role_id: 'trapper',
    description: description.slice(0, 900),
    permissions: ['provider:read'],
  }));
  await api.post('/api/auth/principals/mallory/roles', { data: { role_id: 'trapper' } });
  await tell('put', `/api/auth/policies/hostile/${encodeURIComponent(override)}`, () => ({
    principal_id: 'mallory',
    effect: 'deny',
  }));
  await tell('post', '/api/observability/silences', (reason) => ({
    subject: 'provider:elsewhere',
    minutes: 60,
    reason: reason.slice(0, 900),
  }));
  await tell('post', '/api/config/backup', (label) => ({ label: label.slice(0, 100) }));

  const begun = await tell('post', '/api/operations', (words) => ({
    operation_type: words.slice(0, 100),
    metadata: { title: words, [words]: words },
  }));
  const { operation_id: operation } = (await begun.json()) as { operation_id: string };
  const report = `/api/operations/${operation}`;
  await tell('post', `${report}/progress`, (message) => ({ progress: 0.4, message }));
  await tell('post', `${report}/status`, (message) => ({ status: message.slice(0, 90), message }));
  await tell('post', `${report}/log`, (message) => ({ level: message.slice(0, 90), message }));
  await tell('post', `${report}/error`, (error) => ({ error, error_type: error.slice(0, 90) }));

  await tell('post', '/api/catalog', (words) => ({
    name: 'Trap',
    title: words.slice(0, 190),
    description: words.slice(0, 990),
    command: [binary, 'demo', '{who}'],
    variables: [{ name: 'who', description: words.slice(0, 190), default: markup }],
  }));
  for (const homepage of [
    'javascript:window.__ran=1',
    'data:text/html,<script>window.__ran=1</script>',
  ]) {
    const link = await api.post('/api/catalog', {
      data: { name: 'Link', description: 'x', command: [binary], homepage },
    });
    expect(link.status(), `homepage ${homepage}`).toBe(422);
  }

  const found = await newFoundDir();
  const write = (name: string, definition: object) =>
    writeFile(path.join(found, `${name}.yaml`), JSON.stringify(definition));
  await write('trap', {
    name: 'trap-found',
    mode: 'subprocess',
    command: [binary, 'demo', markup],
    description: evil,
    metadata: { [markup]: evil },
  });
  await write('named', { name: markup, mode: 'subprocess', command: [binary] });
  await write('hidden', { name: 'hidden', mode: 'subprocess', command: [override] });
  await api.post('/api/discovery/sources', {
    data: { source_type: 'filesystem', mode: 'additive', config: { path: found } },
  });

  const listed = async (at: string) => (await (await api.get(at)).json()) as object;
  const { calls } = (await listed('/api/calls?limit=2')) as { calls: { call_id: string }[] };
  const { events } = (await listed(`/api/events?provider_id=${id}&limit=200`)) as {
    events: { event_type: string; position: number }[];
  };
  const { alerts } = (await listed('/api/observability/alerts?state=firing')) as {
    alerts: { alert_id: string }[];
  };
  const { records } = (await listed('/api/observability/audit?limit=200')) as {
    records: { event_type: string; position: number }[];
  };
  const recorded = (type: string) =>
    records.find((one) => one.event_type === type)?.position.toString() ?? type;
  const at = (type: string) =>
    events.findLast((one) => one.event_type === type)?.position.toString() ?? type;
  return [
    ...['', '?tab=tools', '?tab=starts', '?tab=health', '?tab=logs', '?tab=events'].map(
      (tab) => `/providers/${id}${tab}`,
    ),
    '/providers/hostile-dead',
    '/providers/hostile-dead?tab=logs',
    ...tools
      .slice(2, 5)
      .map(({ name }) => `/providers/${id}?tab=tools&tool=${encodeURIComponent(name)}`),
    ...tools
      .slice(0, 3)
      .map(({ name }) => `/playground?provider=${id}&tool=${encodeURIComponent(name)}`),
    `/providers?edit=${id}`,
    '/groups/trap',
    `/operations/${operation}`,
    ...calls.map(({ call_id: call }) => `/calls?call=${call}`),
    ...['ToolInvocationFailed', 'ProviderToolsChanged', 'ProviderRegistered'].map(
      (type) => `/events?event=${at(type)}`,
    ),
    '/access?sel=mallory',
    ...alerts.map(({ alert_id: alert }) => `/alerts?sel=${alert}`),
    '/alerts?tab=silences',
    ...['ApiKeyCreated', 'CustomRoleCreated', 'ProviderRegistered'].map(
      (type) => `/audit?by=all&sel=${recorded(type)}`,
    ),
    '/security?view=each',
    `/providers/${id}?tab=calls`,
    `/access?tab=policies&sel=${encodeURIComponent(`hostile ${override} mallory`)}`,
    ...[markup, override].map(
      (tool) => `/access?tab=who&provider=hostile&tool=${encodeURIComponent(tool)}`,
    ),
    '/access?tab=roles&sel=trapper',
    '/catalog?entry=trap',
    '/catalog?deploy=trap',
    '/discovery?sel=trap-found',
    `/discovery?sel=${encodeURIComponent(markup)}`,
    '/discovery?sel=hidden',
    `/tools?q=${encodeURIComponent(markup)}`,
    `/logs?q=${encodeURIComponent(markup)}`,
    `/nowhere/${encodeURIComponent(markup)}`,
  ];
}
