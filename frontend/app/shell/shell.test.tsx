import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { perform } from '../../parts/actions/store';
import { changeStrategy } from '../../parts/actions/groupActions';
import { setPrefs } from '../../store/prefs';
import { callsTo, failure, on } from '../../testing/fakeApi';
import {
  detail,
  fleetTool,
  group,
  groupList,
  member,
  operation,
  operationFrame,
  operationList,
  provider,
  snapshot,
} from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';
import { newQueryClient } from '../App';

const press = (key: string, init: KeyboardEventInit = {}) => {
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...init });
};

beforeEach(() => {
  setPrefs({ singleKeys: true });
  on('GET /api/providers', snapshot(1, provider.ready('math'), provider.cold('files')));
  on('GET /api/groups', groupList(group.healthy('pool', member('math'))));
  on('GET /api/tools', { tools: [fleetTool('math', 'add'), fleetTool('math', 'divide')] });
  on('GET /api/events', { events: [], oldest: 0, head: 1 });
});

const start = async (path = '/providers') => {
  const app = renderApp(path);
  await screen.findByRole('link', { name: 'math' });
  return app;
};

describe('the command palette', () => {
  const box = () => screen.findByRole('combobox', { name: /^Search pages/ });

  it('opens by key and goes to a page', async () => {
    const { user, address } = await start();
    press('k', { ctrlKey: true });
    await user.type(await box(), 'events');
    await user.keyboard('{Enter}');
    await waitFor(() => {
      expect(address()).toBe('/events');
    });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('finds providers, tools, groups and what can be done with them', async () => {
    const { user, address } = await start();
    await user.click(screen.getByRole('button', { name: /^Search/ }));
    await user.type(await box(), 'math');
    const list = within(screen.getByRole('listbox', { name: 'Found' }));
    expect(await list.findByRole('option', { name: /^divide/ })).toBeVisible();
    expect(list.getByRole('option', { name: /^Stop math/ })).toBeVisible();
    // It runs: starting it is nothing that can be done now.
    expect(list.queryByRole('option', { name: /^Start math/ })).toBeNull();
    await user.click(list.getByRole('option', { name: /^math/ }));
    await waitFor(() => {
      expect(address()).toBe('/providers/math');
    });
  });

  it('asks as the button would, and remembers what was used', async () => {
    const { user } = await start();
    press('k', { ctrlKey: true });
    await user.type(await box(), 'stop math');
    await user.keyboard('{Enter}');
    const dialog = await screen.findByRole('dialog', { name: 'Stop math?' });
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
    press('k', { ctrlKey: true });
    await box();
    expect(screen.getAllByRole('option')[0]).toHaveTextContent('Stop math');
  });

  it('moves with the arrows, round the end', async () => {
    const { user } = await start();
    press('k', { ctrlKey: true });
    await box();
    const first = screen.getAllByRole('option')[0];
    expect(first).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{ArrowUp}');
    expect(screen.getAllByRole('option').at(-1)).toHaveAttribute('aria-selected', 'true');
    await user.type(await box(), 'no such thing at all');
    expect(await screen.findByText('Nothing is called like that.')).toBeVisible();
  });
});

describe('keys', () => {
  it('go to pages by chord', async () => {
    const { address } = await start();
    press('g');
    press('e');
    await waitFor(() => {
      expect(address()).toBe('/events');
    });
  });

  it('walk the rows and act on the one in focus', async () => {
    await start();
    press('j');
    expect(screen.getByRole('link', { name: 'files' })).toHaveFocus();
    press('j');
    expect(screen.getByRole('link', { name: 'math' })).toHaveFocus();
    press('k');
    on('POST /api/providers/files/start', { provider: 'files', state: 'ready', tools: [] });
    press('s');
    await waitFor(() => {
      expect(callsTo('POST /api/providers/files/start')).toHaveLength(1);
    });
    press('.');
    expect(await screen.findByRole('menuitem', { name: /^Delete/ })).toBeVisible();
  });

  it('mean letters where one types, and can be turned off', async () => {
    const { user, address } = await start();
    press('/');
    const filter = screen.getByRole('textbox', { name: 'Filter providers' });
    expect(filter).toHaveFocus();
    await user.keyboard('ge');
    expect(filter).toHaveValue('ge');
    act(() => {
      filter.blur();
    });
    press('?');
    const sheet = await screen.findByRole('dialog', { name: 'Keyboard' });
    expect(within(sheet).getByText('Only what needs attention')).toBeVisible();
    await user.click(within(sheet).getByRole('switch', { name: /^Keys without/ }));
    await user.click(within(sheet).getByRole('button', { name: 'Close' }));
    await waitFor(() => {
      expect(screen.queryByRole('dialog')).toBeNull();
    });
    const before = address();
    press('g');
    press('e');
    expect(address()).toBe(before);
    press('k', { ctrlKey: true });
    expect(await screen.findByRole('combobox', { name: /^Search pages/ })).toBeVisible();
  });
});

describe('the tray', () => {
  it('keeps what failed on every page, until it is put away or works', async () => {
    on('POST /api/providers/files/start', () =>
      failure(503, 'ProviderUnavailableError', 'exited with code 3'),
    );
    const { user } = await start();
    await user.click(screen.getByRole('button', { name: 'Start files' }));
    await user.click(screen.getByRole('link', { name: 'Events' }));
    await user.click(await screen.findByRole('button', { name: /^Tray: .*1 failed/ }));
    const tray = within(await screen.findByRole('dialog', { name: /^Tray/ }));
    expect(tray.getByText('files did not start')).toBeVisible();
    expect(tray.getByText('exited with code 3')).toBeVisible();
    on('POST /api/providers/files/start', { provider: 'files', state: 'ready', tools: [] });
    await user.click(tray.getByRole('button', { name: 'Retry' }));
    expect(await tray.findByText('Nothing is under way.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: /^Tray/ }));
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: /^Tray/ })).toBeNull();
    });
  });

  it('shows what is under way, live, and cancels it', async () => {
    on('DELETE /api/operations/op-1', { operation_id: 'op-1', cancelled: true, deleted: false });
    const { user } = await start();
    on('GET /api/operations', operationList(operation.running('op-1')));
    socketOf('ws/operations').accept().say(operationFrame.begun(11, 'op-1'));
    await user.click(await screen.findByRole('button', { name: /^Tray: 1 running/ }));
    const tray = within(await screen.findByRole('dialog', { name: /^Tray/ }));
    expect(tray.getByRole('link', { name: 'Call slow of math' })).toBeVisible();
    socketOf('ws/operations').say(operationFrame.progress(12, 'op-1', 0.4, 'step 4 of 10'));
    await waitFor(() => {
      expect(tray.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40');
    });
    const cancel = tray.getByRole('button', { name: /^Cancel/ });
    await waitFor(() => {
      expect(cancel).toBeEnabled(); // REST has said that it can be
    });
    await user.click(cancel);
    const dialog = within(await screen.findByRole('dialog', { name: /^Cancel “Call slow/ }));
    await user.click(dialog.getByRole('button', { name: /^Cancel “Call slow/ }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/operations/op-1')).toHaveLength(1);
    });
  });

  it('offers the way back from what can be undone', async () => {
    on('PUT /api/groups/pool', { group_id: 'pool', updated: true });
    const { user } = await start();
    await act(() =>
      perform(changeStrategy(group.healthy('pool', member('math')), 'sticky'), newQueryClient()),
    );
    const toast = await screen.findByRole('group', { name: 'Undo' });
    expect(toast).toHaveTextContent('pool picks by sticky');
    await user.click(within(toast).getByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('PUT /api/groups/pool').map((call) => call.body)).toEqual([
        { strategy: 'sticky' },
        { strategy: 'round_robin' },
      ]);
    });
  });
});

describe('a dialog that asks', () => {
  it('gives the same as curl', async () => {
    const { user } = await start();
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await user.click(screen.getByRole('button', { name: 'Stop math' }));
    const dialog = await screen.findByRole('dialog', { name: 'Stop math?' });
    await user.click(within(dialog).getByRole('button', { name: 'Copy as curl' }));
    expect(written).toHaveBeenCalledWith(
      `curl -sS -X POST http://hangar.test/api/providers/math/stop -H 'Content-Type: application/json' -d '{"reason":"user_request"}'`,
    );
  });
});

describe('the focus', () => {
  it('goes back to where it was when a question or the palette is closed', async () => {
    const { user } = await start();
    const stop = screen.getByRole('button', { name: 'Stop math' });
    stop.focus();
    await user.keyboard('{Enter}');
    await screen.findByRole('dialog', { name: 'Stop math?' });
    await user.keyboard('{Escape}');
    await waitFor(() => {
      expect(stop).toHaveFocus();
    });
    press('k', { ctrlKey: true });
    await screen.findByRole('combobox', { name: /^Search pages/ });
    await user.keyboard('{Escape}');
    await waitFor(() => {
      expect(stop).toHaveFocus();
    });
  });
});

describe('a saved view', () => {
  it('brings back filter and order, says that it is shown, and can be forgotten', async () => {
    const { user, address } = await start('/providers?q=ma&sort=-calls');
    press('v');
    await user.type(await screen.findByRole('textbox', { name: 'Name of this view' }), 'mine');
    await user.keyboard('{Enter}');
    expect(await screen.findByRole('button', { name: 'Saved views: mine' })).toBeVisible();
    await waitFor(() => {
      expect(screen.queryByRole('textbox', { name: 'Name of this view' })).toBeNull();
    });
    press('g');
    press('e');
    await waitFor(() => {
      expect(address()).toBe('/events');
    });
    press('g');
    press('p');
    await screen.findByRole('heading', { level: 1, name: 'Providers' });
    await user.click(await screen.findByRole('button', { name: 'Saved views' }));
    await user.click(await screen.findByRole('button', { name: 'mine' }));
    await waitFor(() => {
      expect(address()).toBe('/providers?q=ma&sort=-calls');
    });
    await user.click(await screen.findByRole('button', { name: 'Saved views: mine' }));
    await user.click(await screen.findByRole('button', { name: 'Forget mine' }));
    expect(await screen.findByText(/give the view a name/)).toBeVisible();
  });
});

describe('the range of time', () => {
  beforeEach(() => {
    on('GET /api/calls', { calls: [], next: 0 });
  });

  it('is offered only on those tabs of a provider that follow it', async () => {
    const math = provider.ready('math');
    on('GET /api/providers/math', detail(math));
    on('GET /api/operations', operationList());
    const { user } = renderApp('/providers/math?tab=calls');
    expect(await screen.findByRole('combobox', { name: 'Range' })).toBeVisible();
    await user.click(await screen.findByRole('tab', { name: /Starts/ }));
    await waitFor(() => {
      expect(screen.queryByRole('combobox', { name: 'Range' })).toBeNull();
    });
  });

  it('has chords, and goes along to the next page with a history', async () => {
    on('GET /api/observability/metrics/history', {
      points: [],
      count: 0,
      step: 10,
      from: '2026-11-25T11:00:00Z',
      to: '2026-11-25T12:00:00Z',
      bucket_bounds: [],
    });
    const { address } = renderApp('/calls');
    await screen.findByRole('combobox', { name: 'Range' });
    press('t');
    press('z');
    await waitFor(() => {
      expect(address()).toBe('/calls?range=6h');
    });
    press('g');
    press('x');
    await waitFor(() => {
      expect(address()).toBe('/charts?range=6h');
    });
    await screen.findByRole('heading', { level: 1, name: 'Metrics' });
    press('t');
    press('ArrowLeft');
    await waitFor(() => {
      const query = new URL(address(), 'http://hangar.test').searchParams;
      const ms = Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '');
      expect(ms).toBe(6 * 3_600_000);
    });
  });

  it('can be two moments that somebody names', async () => {
    const { user, address } = renderApp('/calls');
    const select = await screen.findByRole('combobox', { name: 'Range' });
    await user.selectOptions(select, 'from … to …');
    fireEvent.change(await screen.findByLabelText('From'), {
      target: { value: '2026-11-20T14:00' },
    });
    fireEvent.change(screen.getByLabelText('To'), { target: { value: '2026-11-20T14:30' } });
    await user.click(screen.getByRole('button', { name: 'Show this time' }));
    await waitFor(() => {
      expect(address()).toMatch(/^\/calls\?from=2026-11-\d\dT.*&to=2026-11-\d\dT/);
    });
  });
});

describe('kiosk mode', () => {
  it('leaves the page and how live it is, and ends with Escape', async () => {
    await start('/providers?kiosk=1');
    expect(screen.queryByRole('navigation')).toBeNull();
    expect(screen.queryByRole('button', { name: /^Search/ })).toBeNull();
    expect(screen.getByText('Connecting')).toBeVisible();
    press('Escape');
    expect(await screen.findByRole('navigation', { name: 'Main' })).toBeVisible();
  });
});
