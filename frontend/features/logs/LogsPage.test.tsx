import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { failure, gate, json, on } from '../../testing/fakeApi';
import { logLine, provider, snapshot } from '../../testing/factories';
import { socketOf, socketsOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';
import { startWith } from './choose';

const page = (id: string, ...lines: string[]) => ({
  logs: lines.map((line, i) => logLine(i + 1, line, id)),
  provider_id: id,
  count: lines.length,
});

beforeEach(() => {
  on(
    'GET /api/providers',
    snapshot(1, provider.ready('math'), provider.ready('files'), provider.cold('web')),
  );
  on('GET /api/providers/math/logs', page('math', 'math is up', 'ERROR division by zero'));
  on('GET /api/providers/files/logs', page('files', 'files is up'));
  on('GET /api/providers/web/logs', page('web', 'web was up'));
});

describe('the Logs page', () => {
  it('puts together what runs, live, with names', async () => {
    renderApp('/logs');
    const log = within(await screen.findByRole('log'));
    expect(await log.findByText('files is up')).toBeVisible();
    expect(log.getByText('math is up')).toBeVisible();
    expect(log.getAllByText('math')).toHaveLength(2);
    expect(log.queryByText('web was up')).toBeNull();
    socketOf('files/logs')
      .accept()
      .say({ ...logLine(2, 'one more', 'files'), timestamp: '2026-11-20T10:15:31.000000Z' });
    expect(await log.findByText('one more')).toBeVisible();
  });

  it('lets one choose whose, in the address, and hangs up on the others', async () => {
    const { user, address } = renderApp('/logs?providers=math');
    const log = within(await screen.findByRole('log'));
    expect(await log.findByText('math is up')).toBeVisible();
    expect(log.queryByText('files is up')).toBeNull();
    await user.click(screen.getByRole('button', { name: '1 provider' }));
    const list = within(await screen.findByRole('list', { name: 'Providers' }));
    await user.click(list.getByRole('checkbox', { name: 'web' }));
    expect(await log.findByText('web was up')).toBeVisible();
    expect(decodeURIComponent(address())).toBe('/logs?providers=math,web');
    await user.click(list.getByRole('checkbox', { name: 'math' }));
    await waitFor(() => {
      expect(log.queryByText('math is up')).toBeNull();
    });
    expect(socketsOf('math/logs').at(-1)?.closed).toBe(true);
  });

  it('finds with context, by level, by expression, and steps from match to match', async () => {
    const { user, address } = renderApp('/logs?providers=math,files');
    const log = within(await screen.findByRole('log'));
    await log.findByText('files is up');
    await user.type(screen.getByRole('textbox', { name: 'Search logs' }), 'is up$');
    await user.click(screen.getByRole('switch', { name: 'Regex' }));
    await user.click(screen.getByRole('switch', { name: 'Only matches' }));
    expect(await screen.findByText('2 matches')).toBeVisible();
    await waitFor(() => {
      expect(screen.queryByText(/division by zero/)).toBeNull();
    });
    await user.selectOptions(screen.getByRole('combobox', { name: 'Context' }), '2');
    expect(await screen.findByText(/division by zero/)).toBeVisible();
    (document.activeElement as HTMLElement).blur();
    await user.keyboard('n');
    await waitFor(() => {
      expect(document.querySelector('[data-current]')).toHaveTextContent('is up');
    });
    expect(screen.getByRole('switch', { name: 'Follow' })).not.toBeChecked();
    await user.click(screen.getByRole('button', { name: /^error/ }));
    await waitFor(() => {
      expect(address()).toContain('level=error');
    });
  });

  it('says where one provider fails and shows the others', async () => {
    on('GET /api/providers/math/logs', () => failure(500, 'InternalServerError', 'no'));
    const { user } = renderApp('/logs?providers=math,files');
    expect(await screen.findByText('files is up')).toBeVisible();
    const alert = screen.getByRole('alert');
    expect(alert).toHaveTextContent('The logs of math could not be loaded');
    on('GET /api/providers/math/logs', page('math', 'math is back'));
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('math is back')).toBeVisible();
  });

  it('loads quietly and says when there is nothing', async () => {
    const slow = gate();
    on('GET /api/providers/math/logs', () => slow.answer);
    const first = renderApp('/logs?providers=math');
    await waitFor(() => {
      expect(screen.getByRole('status', { name: 'Loading logs' })).toBeVisible();
    });
    slow.open(json(page('math')));
    expect(await screen.findByText('No log lines yet')).toBeVisible();
    first.unmount();
    on('GET /api/providers', snapshot(1));
    renderApp('/logs');
    expect(await screen.findByText('No providers yet')).toBeVisible();
  });
});

describe('whose logs one begins with', () => {
  it('are those that fail, then the busiest that run, at most eight', () => {
    const many = Array.from({ length: 12 }, (_, i) => provider.ready(`p${i}`, { calls_total: i }));
    const chosen = startWith([...many, provider.dead('bad'), provider.cold('off')]);
    expect(chosen).toEqual(['bad', 'p5', 'p6', 'p7', 'p8', 'p9', 'p10', 'p11']);
  });
});
