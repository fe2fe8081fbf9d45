import { act, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { leave } from '../api/session';
import { callsTo, failure, gate, json, on } from '../testing/fakeApi';
import { provider, snapshot } from '../testing/factories';
import { socketOf, socketsOf } from '../testing/fakeSocket';
import { renderApp } from '../testing/renderApp';
import { readBoot } from './boot';
import { parseSearch, stringifySearch } from './search';

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.cold('math')));
});

const indicator = () =>
  screen.getByText(/Live|Connecting|Reconnecting|Not live|Offline/).parentElement!;
const open = () => {
  socketOf('ws/operations').accept();
  socketOf('ws/state').accept();
};

describe('the connection indicator', () => {
  it('is live when all sockets are, and counts down when one is lost', async () => {
    const { user } = renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    expect(indicator()).toHaveTextContent('Connecting');
    open();
    expect(indicator()).toHaveTextContent('Live');
    socketOf('ws/state').drop();
    expect(indicator()).toHaveTextContent(/Reconnecting.*in \d s/);
    const before = socketsOf().length;
    await user.click(screen.getByRole('button', { name: 'Retry now' }));
    expect(socketsOf().length).toBe(before + 1);
    socketOf('ws/state').accept();
    expect(indicator()).toHaveTextContent('Live');
  });

  it('tells how far the server is, and when an answer is overdue', async () => {
    const slow = gate();
    on('GET /livez', () => slow.answer);
    vi.useFakeTimers({ toFake: ['Date'] });
    renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    open();
    await waitFor(() => {
      expect(callsTo('GET /livez')).toHaveLength(1);
    });
    expect(indicator()).toHaveTextContent(/^Live$/);
    vi.setSystemTime(Date.now() + 4_000);
    await waitFor(() => {
      expect(screen.getByText('Delayed').parentElement).toHaveTextContent(/Delayed[45] s behind/);
    });
    slow.open(json({}));
    await waitFor(() => {
      expect(indicator()).toHaveTextContent(/Live\d+ ms/);
    });
  });

  it('offers to reload when another version comes back', async () => {
    const reload = vi.spyOn(leave, 'reload').mockImplementation(() => undefined);
    const system = (version: string) => {
      on('GET /api/system', { system: { version }, position: 1, store_id: 's' });
    };
    system('9.9.9');
    const { user } = renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    open();
    const back = async () => {
      socketOf('ws/state').drop();
      const asked = callsTo('GET /api/system').length;
      await user.click(screen.getByRole('button', { name: 'Retry now' }));
      socketOf('ws/state').accept();
      await waitFor(() => {
        expect(callsTo('GET /api/system').length).toBe(asked + 1);
      });
    };
    await back();
    expect(screen.queryByRole('button', { name: 'New version: reload' })).toBeNull();
    system('9.9.10');
    await back();
    await user.click(await screen.findByRole('button', { name: 'New version: reload' }));
    expect(reload).toHaveBeenCalledOnce();
  });

  it('leads to sign-in and back when the session ended meanwhile', async () => {
    const left = vi.spyOn(leave, 'to').mockImplementation(() => undefined);
    renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    open();
    on('GET /api/auth/whoami', () => failure(401, 'AuthenticationError', 'sign in first'));
    socketOf('ws/state').drop(1008);
    await waitFor(() => {
      expect(left).toHaveBeenCalledWith(expect.stringMatching(/\/login\?next=%2F/));
    });
  });

  it('says so after three failed connections', async () => {
    const { user } = renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    open();
    socketOf('ws/state').drop();
    for (let i = 0; i < 2; i += 1) {
      await user.click(screen.getByRole('button', { name: 'Retry now' }));
      socketOf('ws/state').drop();
    }
    expect(indicator()).toHaveTextContent('Not live, asks every 10 s: 3 connections failed');
  });

  it('tells a lost network from a lost server', async () => {
    renderApp('/providers');
    await screen.findByRole('link', { name: 'math' });
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    act(() => {
      window.dispatchEvent(new Event('offline'));
    });
    expect(indicator()).toHaveTextContent('Offline');
    online.mockReturnValue(true);
    act(() => {
      window.dispatchEvent(new Event('online'));
    });
    expect(indicator()).not.toHaveTextContent('Offline');
  });
});

describe('the shell', () => {
  it('marks the page in the navigation and leads from page to page', async () => {
    on('GET /api/events', { events: [], oldest: 0, head: 1 });
    const { user, address } = renderApp('/providers');
    expect(await screen.findByRole('link', { name: 'Providers' })).toHaveAttribute(
      'aria-current',
      'page',
    );
    await user.click(screen.getByRole('link', { name: 'Events' }));
    await waitFor(() => {
      expect(screen.getByRole('heading', { name: 'Events' })).toBeVisible();
    });
    expect(address()).toBe('/events');
  });

  it('goes round the themes', async () => {
    const { user } = renderApp('/providers');
    const button = await screen.findByRole('button', { name: /^Theme: System/ });
    await user.click(button);
    expect(document.documentElement).toHaveAttribute('data-mantine-color-scheme', 'light');
    await user.click(button);
    expect(document.documentElement).toHaveAttribute('data-mantine-color-scheme', 'dark');
    await user.click(button);
    expect(button).toHaveAccessibleName(/^Theme: System/);
  });

  it('has a face for a page that does not exist', async () => {
    renderApp('/nowhere');
    expect(await screen.findByText('There is no such page')).toBeVisible();
  });

  it('heals a broken page when one leaves it', async () => {
    const broken = { ...provider.cold('math'), status: null } as never; // against the contract
    on('GET /api/providers', snapshot(1, broken));
    on('GET /api/events', { events: [], oldest: 0, head: 1 });
    vi.spyOn(console, 'error').mockImplementation(() => undefined); // React reports the error that is wanted here
    const { user } = renderApp('/providers');
    expect(await screen.findByText('This page stopped working')).toBeVisible();
    await user.click(screen.getByRole('link', { name: 'Events' }));
    expect(await screen.findByText('Nothing has happened in the last hour')).toBeVisible();
  });
});

describe('boot data', () => {
  it('is read from the shell, and does without', () => {
    expect(readBoot()).toEqual({ basePath: '/', version: '', storeId: '' });
    document.body.innerHTML =
      '<script id="boot" type="application/json">{"base_path":"/ops/","version":"1","store_id":"s"}</script>';
    expect(readBoot()).toEqual({ basePath: '/ops/', version: '1', storeId: 's' });
    document.body.innerHTML = '';
  });
});

describe('the address', () => {
  it('keeps parameters as plain text and drops empty ones', () => {
    expect(stringifySearch({ q: 'a b', tab: '', n: undefined })).toBe('?q=a+b');
    expect(parseSearch('?q=a+b&id=007')).toEqual({ q: 'a b', id: '007' });
    expect(stringifySearch({})).toBe('');
  });
});
