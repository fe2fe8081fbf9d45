import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import {
  delta,
  detail,
  group,
  groupList,
  member,
  provider,
  snapshot,
} from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { prefsStore } from '../../store/prefs';
import { renderApp } from '../../testing/renderApp';

const row = async (name: string) =>
  (await screen.findByRole('link', { name })).closest<HTMLElement>('[role=row]')!;
const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((one) => within(one).getByRole('link').textContent);

const fleet = () => {
  on(
    'GET /api/providers',
    snapshot(
      10,
      provider.cold('math'),
      provider.ready('files', { calls_total: 1_204, calls_failed: 3 }),
      provider.dead('web'),
    ),
  );
};

const activities = {
  from: '2026-11-26T02:00:00Z',
  minutes: 60,
  providers: [
    {
      provider: 'files',
      calls: [...Array<number>(58).fill(0), 1, 2],
      failed: [...Array<number>(59).fill(0), 1],
      states: `xx${'r'.repeat(58)}`,
      calls_per_minute: 3,
      error_percent: 33.33,
      p95_ms: 12,
      starts: 1,
      in_flight: 0,
      protocol_version: '2025-11-25',
    },
  ],
};

describe('the Providers page', () => {
  it('is named in the title', async () => {
    fleet();
    renderApp('/providers');
    expect(await screen.findByRole('heading', { name: 'Providers' })).toBeVisible();
    await waitFor(() => {
      expect(document.title).toBe('Providers · Hangar');
    });
  });

  it('shows that it is loading, and only when that takes a moment', async () => {
    const slow = gate();
    on('GET /api/providers', () => slow.answer);
    renderApp('/providers');
    const loading = await screen.findByRole('status', { name: 'Loading providers' });
    expect(loading).toBeEmptyDOMElement();
    await waitFor(() => {
      expect(loading).not.toBeEmptyDOMElement();
    });
    slow.open(json(snapshot(1, provider.cold('math'))));
    expect(await row('math')).toBeVisible();
  });

  it('says what a provider is when there is none', async () => {
    on('GET /api/providers', snapshot(1));
    renderApp('/providers');
    expect(await screen.findByRole('heading', { name: 'No providers yet' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Add provider' })).toBeVisible();
  });

  it('names a failure by code and request, and recovers on Retry', async () => {
    on('GET /api/providers', () => failure(500, 'InternalServerError', 'it broke'));
    const { user } = renderApp('/providers');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('it broke');
    expect(alert).toHaveTextContent('InternalServerError');
    expect(alert).toHaveTextContent('REQ1');
    fleet();
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await row('math')).toBeVisible();
  });

  it('shows each provider with state, sentence and numbers', async () => {
    fleet();
    renderApp('/providers?cols=state,health,calls');
    const files = await row('files');
    expect(files).toHaveTextContent('ready');
    expect(files).toHaveTextContent('Running with 2 tools');
    expect(files).toHaveTextContent('1,204');
    expect(await row('web')).toHaveTextContent('Not running after a failure');
  });

  it('moves the badge by socket, without another list', async () => {
    fleet();
    renderApp('/providers?cols=state,health,calls');
    expect(await row('math')).toHaveTextContent('cold');
    socketOf('ws/state')
      .accept()
      .say(delta(11, [provider.degraded('math'), provider.ready('files', { calls_total: 1_205 })]));
    await waitFor(async () => {
      expect(await row('math')).toHaveTextContent('degraded');
    });
    expect(await row('files')).toHaveTextContent('1,205');
    expect(callsTo('GET /api/providers')).toHaveLength(1);
  });

  it('shows the last hour, and says it in a sentence', async () => {
    fleet();
    on('GET /api/observability/activity', activities);
    renderApp('/providers');
    const files = await row('files');
    expect(
      await within(files).findByRole('img', {
        name: '60 minutes: 3 calls, 1 with failures, dead for 2',
      }),
    ).toBeInTheDocument();
    expect(files).toHaveTextContent(/3.*33.*12 ms/);
    expect(callsTo('GET /api/observability/activity')).toHaveLength(1);
  });

  it('shows the columns that were chosen, here and in the address', async () => {
    fleet();
    const { user, address } = renderApp('/providers');
    await row('files');
    expect(screen.queryByRole('columnheader', { name: 'Mode' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Columns' }));
    await user.click(await screen.findByRole('checkbox', { name: 'Mode' }));
    expect(await screen.findByRole('columnheader', { name: 'Mode' })).toBeInTheDocument();
    await waitFor(() => {
      expect(address()).toContain('mode');
    });
    expect(prefsStore.getState().columns.providers).toContain('mode');
    await user.click(screen.getByRole('button', { name: 'The usual columns' }));
    await waitFor(() => {
      expect(address()).not.toContain('cols');
    });
  });

  it('narrows by mode', async () => {
    on(
      'GET /api/providers',
      snapshot(1, provider.cold('math'), provider.cold('box', { mode: 'docker' })),
    );
    const { user } = renderApp('/providers');
    await row('math');
    await user.click(screen.getByRole('button', { name: 'Filter' }));
    const docker = await screen.findByRole('menuitemcheckbox', { name: /docker/ });
    expect(docker).not.toBeChecked();
    await user.click(docker);
    expect(docker).toBeChecked();
    await waitFor(() => {
      expect(names()).toEqual(['box']);
    });
  });

  it('keeps text, states and order in the URL', async () => {
    fleet();
    const { user, address } = renderApp('/providers?state=dead,ready');
    await row('web');
    expect(names()).toEqual(['files', 'web']);
    await user.click(screen.getByRole('button', { name: /^Name/ }));
    await waitFor(() => {
      expect(names()).toEqual(['web', 'files']);
    });
    await user.type(screen.getByRole('textbox', { name: 'Filter providers' }), 'fil');
    await waitFor(() => {
      expect(names()).toEqual(['files']);
    });
    expect(address()).toBe('/providers?state=dead%2Cready&sort=-name&q=fil');
  });

  it('offers to clear a filter that matches nothing', async () => {
    fleet();
    const { user } = renderApp('/providers?q=zebra');
    expect(await screen.findByRole('heading', { name: 'No provider matches' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(await row('math')).toBeVisible();
  });

  it('starts a provider, and shows its last words when that fails', async () => {
    fleet();
    on('POST /api/providers/math/start', () =>
      failure(503, 'ProviderUnavailableError', 'exited with code 3', {
        stderr: ['boom: no config'],
      }),
    );
    const { user } = renderApp('/providers');
    await user.click(within(await row('math')).getByRole('button', { name: 'Start math' }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('math did not start');
    expect(alert).toHaveTextContent('exited with code 3');
    expect(alert).toHaveTextContent('boom: no config');
    await user.click(within(alert).getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('stops a running provider, after it has said whom that concerns', async () => {
    fleet();
    on('GET /api/groups', groupList(group.healthy('pool', member('files', { in_flight: 2 }))));
    on('POST /api/providers/files/stop', { stopped: 'files', reason: 'user_request' });
    const { user } = renderApp('/providers');
    await user.click(within(await row('files')).getByRole('button', { name: 'Stop files' }));
    const dialog = await screen.findByRole('dialog', { name: 'Stop files?' });
    expect(await within(dialog).findByText(/pool falls to 0 of 1 members/)).toBeVisible();
    expect(callsTo('POST /api/providers/files/stop')).toHaveLength(0);
    await user.click(within(dialog).getByRole('button', { name: 'Stop files' }));
    await waitFor(() => {
      expect(callsTo('POST /api/providers/files/stop')).toHaveLength(1);
    });
  });

  it('deletes only after a dialog that names the provider', async () => {
    fleet();
    on('DELETE /api/providers/web', { provider_id: 'web', deleted: true });
    const { user } = renderApp('/providers');
    await user.click(within(await row('web')).getByRole('button', { name: 'More for web' }));
    await user.click(await screen.findByRole('menuitem', { name: /^Delete/ }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete web?' });
    expect(callsTo('DELETE /api/providers/web')).toHaveLength(0);
    const confirm = within(dialog).getByRole('button', { name: 'Delete web' });
    expect(confirm).toBeDisabled();
    await user.type(within(dialog).getByRole('textbox', { name: /^Type web/ }), 'web');
    await user.click(confirm);
    await waitFor(() => {
      expect(callsTo('DELETE /api/providers/web')).toHaveLength(1);
    });
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
    socketOf('ws/state')
      .accept()
      .say(delta(11, [], ['web']));
    await waitFor(() => {
      expect(names()).toEqual(['files', 'math']);
    });
  });

  it('draws only the rows in sight of a thousand', async () => {
    on(
      'GET /api/providers',
      snapshot(1, ...Array.from({ length: 1_000 }, (_, i) => provider.cold(`p${i}`))),
    );
    renderApp('/providers');
    await row('p0');
    expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '1001');
    expect(screen.getAllByRole('row').length).toBeLessThan(60);
  });
});

describe('the provider form', () => {
  it('hints before it asks the server, then adds', async () => {
    fleet();
    on('POST /api/providers', () => json({ provider_id: 'new', created: true }, 201));
    const { user } = renderApp('/providers');
    await row('math');
    await user.click(screen.getByRole('button', { name: 'Add provider' }));
    const form = within(await screen.findByRole('dialog', { name: 'Add provider' }));
    await user.click(form.getByRole('button', { name: 'Add provider' }));
    expect(form.getByText('The program to run, and its arguments')).toBeVisible();
    expect(callsTo('POST /api/providers')).toHaveLength(0);

    await user.type(form.getByRole('textbox', { name: /^Name/ }), 'new');
    await user.type(form.getByRole('textbox', { name: /^Command/ }), 'node "a b.js"');
    await user.click(form.getByRole('button', { name: 'Add provider' }));
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
    expect(callsTo('POST /api/providers')[0]?.body).toMatchObject({
      provider_id: 'new',
      mode: 'subprocess',
      command: ['node', 'a b.js'],
    });
  });

  it('puts messages of the server at their fields, and the rest on top', async () => {
    fleet();
    on('POST /api/providers', () =>
      failure(422, 'ValidationError', 'validation failed', {
        errors: [{ field: 'body.image', message: 'no such registry' }],
      }),
    );
    const { user } = renderApp('/providers');
    await row('math');
    await user.click(screen.getByRole('button', { name: 'Add provider' }));
    const form = within(await screen.findByRole('dialog', { name: 'Add provider' }));
    await user.type(form.getByRole('textbox', { name: /^Name/ }), 'new');
    await user.click(form.getByRole('radio', { name: 'Docker' }));
    await user.type(form.getByRole('textbox', { name: 'Image' }), 'nowhere/x');
    await user.click(form.getByRole('button', { name: 'Add provider' }));
    expect(await form.findByText('no such registry')).toBeVisible();
    expect(form.queryByRole('alert')).toBeNull();

    on('POST /api/providers', () => failure(409, 'ConflictError', 'new exists already'));
    await user.click(form.getByRole('button', { name: 'Add provider' }));
    expect(await form.findByText('new exists already')).toBeVisible();

    on('POST /api/providers', () => failure(507, 'StorageFullError', 'the disk is full'));
    await user.click(form.getByRole('button', { name: 'Add provider' }));
    expect(await form.findByRole('alert')).toHaveTextContent('StorageFullError');
  });

  it('edits what may change and keeps masked values', async () => {
    fleet();
    const stored = detail(provider.ready('files', { description: 'old' }));
    stored.configuration.env = { TOKEN: '***' };
    on('GET /api/providers/files', stored);
    on('PUT /api/providers/files', { provider_id: 'files', updated: true });
    const { user } = renderApp('/providers');
    await user.click(within(await row('files')).getByRole('button', { name: 'More for files' }));
    await user.click(await screen.findByRole('menuitem', { name: /^Edit/ }));
    const form = within(await screen.findByRole('dialog', { name: 'Edit files' }));
    const description = await form.findByRole('textbox', { name: 'Description' });
    await user.clear(description);
    await user.type(description, 'newer');
    await user.click(form.getByRole('button', { name: 'Save changes' }));
    await waitFor(() => {
      expect(callsTo('PUT /api/providers/files')[0]?.body).toEqual({
        description: 'newer',
        env: { TOKEN: '***' },
        idle_ttl_s: 300,
        health_check_interval_s: 60,
      });
    });
  });
});
