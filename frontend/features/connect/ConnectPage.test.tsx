import { screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, json, on } from '../../testing/fakeApi';
import { provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { clients, installLink } from './clients';

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math')));
  on('GET /api/calls', { calls: [], next: 0 });
});

describe('the Connect page', () => {
  it('shows what goes into the file of the client, for the scope and with a key', async () => {
    const { user, address } = renderApp('/connect');
    const snippet = await screen.findByRole('group', { name: 'Snippet for Claude Code' });
    expect(snippet).toHaveTextContent(/"url": ".*\/mcp"/);
    expect(snippet).not.toHaveTextContent('Authorization');
    await user.click(screen.getByRole('switch', { name: 'With a key' }));
    await user.selectOptions(screen.getByRole('combobox', { name: 'What it may see' }), 'math');
    await user.click(screen.getByRole('button', { name: 'Codex' }));
    const codex = await screen.findByRole('group', { name: 'Snippet for Codex' });
    expect(codex).toHaveTextContent(/url = ".*\/mcp\/providers\/math"/);
    expect(codex).toHaveTextContent('bearer_token_env_var = "HANGAR_KEY"');
    expect(address()).toBe('/connect?key=1&provider=math&client=codex');
  });

  it('says so when a call has come in, and not before', async () => {
    renderApp('/connect');
    expect(await screen.findByText(/No client has called yet/)).toBeVisible();
    expect(callsTo('GET /api/calls')[0]?.query.get('via')).toBe('mcp');
    on('GET /api/calls', () =>
      json({
        calls: [
          {
            call_id: 'c1',
            tool_name: 'add',
            provider_id: 'math',
            who: { id: 'ann', type: 'user' },
            timestamp: new Date().toISOString(),
          },
        ],
        next: 0,
      }),
    );
    await waitFor(
      () => {
        expect(screen.getByRole('link', { name: 'The call' })).toBeVisible();
      },
      { timeout: 8_000 },
    );
  });

  it('fails in words', async () => {
    on('GET /api/calls', () => failure(403, 'AccessDeniedError', 'you may not see calls'));
    renderApp('/connect');
    expect(await screen.findByRole('alert')).toHaveTextContent('you may not see calls');
  });
});

describe('a snippet', () => {
  it.each(clients.map((client) => [client.key, client] as const))(
    'for %s names the address, and a key only when one is wanted',
    (_, client) => {
      const url = 'http://127.0.0.1:8000/mcp';
      const open = client.snippet(url, false);
      expect(open).toContain(url);
      expect(open).not.toMatch(/Bearer|bearer/);
      expect(client.snippet(url, true)).toMatch(/Bearer|bearer/);
      if (client.language === 'json') expect(() => JSON.parse(open) as unknown).not.toThrow();
    },
  );

  it('is a link where the client takes one', () => {
    const link = installLink('cursor', 'http://h/mcp') ?? '';
    const config = new URL(link).searchParams.get('config') ?? '';
    expect(JSON.parse(atob(config))).toEqual({ url: 'http://h/mcp' });
    expect(installLink('zed', 'http://h/mcp')).toBeNull();
  });
});
