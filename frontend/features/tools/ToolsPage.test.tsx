import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { failure, gate, json, on } from '../../testing/fakeApi';
import { event, fleetTool, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const readOnly = { annotations: { readOnlyHint: true } };
const tools = [
  fleetTool('math', 'add', { ...readOnly, bytes: 300 }),
  fleetTool('files', 'delete', { annotations: { destructiveHint: true }, bytes: 900 }),
  fleetTool('files', 'read', { ...readOnly, description: 'Reads a file from disk', bytes: 2_048 }),
];

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math'), provider.cold('files')));
  on('GET /api/tools', { tools });
});

const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => within(row).getAllByRole('link')[0]!.textContent);
const table = () => screen.findByRole('table', { name: 'Tools' });

describe('the Tools page', () => {
  it('lists every tool of the fleet with its provider and what it claims to do', async () => {
    renderApp('/tools');
    await table();
    expect(names()).toEqual(['add', 'delete', 'read']);
    expect(within(screen.getAllByRole('row')[2]!).getByText('destructive')).toBeVisible();
    expect(screen.getByText('3 tools, 3.2 KiB')).toBeVisible();
  });

  it('filters and sorts in the address, every word anywhere', async () => {
    const { user, address } = renderApp('/tools');
    await table();
    await user.click(screen.getByRole('button', { name: /^read-only/ }));
    await waitFor(() => {
      expect(names()).toEqual(['add', 'read']);
    });
    await user.type(screen.getByRole('textbox', { name: 'Filter tools' }), 'disk files');
    await waitFor(() => {
      expect(names()).toEqual(['read']);
    });
    await user.clear(screen.getByRole('textbox', { name: 'Filter tools' }));
    await user.click(screen.getByRole('button', { name: /^Definition/ }));
    await user.click(screen.getByRole('button', { name: /^Definition/ }));
    await waitFor(() => {
      expect(names()).toEqual(['read', 'add']);
    });
    expect(address()).toBe('/tools?kind=read-only&sort=-size');
    await user.selectOptions(screen.getByRole('combobox', { name: 'Provider' }), 'math');
    await waitFor(() => {
      expect(names()).toEqual(['add']);
    });
  });

  it('opens a tool in the playground', async () => {
    on('GET /api/providers/math/tools', { tools: [] });
    const { user, address } = renderApp('/tools');
    await table();
    await user.click(screen.getByRole('link', { name: 'Try add' }));
    await waitFor(() => {
      expect(address()).toBe('/playground?provider=math&tool=add');
    });
  });

  it('asks again when the tools of a provider change', async () => {
    renderApp('/tools');
    await table();
    on('GET /api/tools', { tools: [...tools, fleetTool('math', 'subtract')] });
    socketOf('event_type=ProviderToolsChanged')
      .accept()
      .say(event(5, 'ProviderToolsChanged', 'math'));
    await waitFor(() => {
      expect(names()).toContain('subtract');
    });
  });

  it('loads quietly, fails in words, and says when nothing is known yet', async () => {
    const slow = gate();
    on('GET /api/tools', () => slow.answer);
    const { user } = renderApp('/tools');
    expect(await screen.findByRole('status', { name: 'Loading tools' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/tools', () => json({ tools: [] }));
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('No tools are known yet')).toBeVisible();
  });

  it('says when the filter leaves nothing', async () => {
    const { user } = renderApp('/tools?q=zebra');
    await user.click(await screen.findByRole('button', { name: 'Clear filter' }));
    expect(await table()).toBeVisible();
  });

  it('draws only the rows in sight of twenty thousand', async () => {
    on('GET /api/tools', {
      tools: Array.from({ length: 20_000 }, (_, i) => fleetTool(`p${i % 1_000}`, `tool${i}`)),
    });
    renderApp('/tools');
    expect(await table()).toHaveAttribute('aria-rowcount', '20001');
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
  });
});
