import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { callsTo, failure, json, on, type Call } from '../../testing/fakeApi';
import { delta, group, groupList, member, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const bulkRoute = 'POST /api/providers/bulk';
type Order = { verb: string; dry_run?: boolean; provider_ids?: string[]; filter?: object };

/** Answers plans and orders: those of `refused` are left out. */
function bulks(refused: Record<string, string> = {}, operation = 'op-1') {
  on(bulkRoute, ({ body }: Call) => {
    const { verb, dry_run: dry = false, provider_ids: ids = ['math', 'web'] } = body as Order;
    return json({
      verb,
      dry_run: dry,
      matched: ids.length,
      provider_ids: ids.filter((id) => !(id in refused)),
      skipped: ids
        .filter((id) => id in refused)
        .map((id) => ({ provider_id: id, reason: refused[id] })),
      operation_id: dry ? '' : operation,
    });
  });
}

const sent = () => callsTo(bulkRoute).filter(({ body }) => (body as Order).dry_run !== true);

function ended(result: object, message: string, change: object = {}) {
  const operation = {
    operation_id: 'op-1',
    operation_type: 'provider_bulk',
    status: 'completed',
    progress: 1,
    message,
    metadata: { verb: 'stop', count: 2 },
    started_at: 1,
    ended_at: 2,
    error: null,
    error_type: null,
    cancellable: true,
    event_count: 3,
    ...change,
  };
  on('GET /api/operations/op-1', { operation });
  on('GET /api/operations/op-1/events', {
    events: [
      {
        event_type: 'result',
        operation_id: 'op-1',
        timestamp: 1,
        position: 1,
        event_id: 'e',
        version: 1,
        data: { result },
      },
    ],
    total: 1,
  });
}

async function open(path = '/providers') {
  on(
    'GET /api/providers',
    snapshot(10, provider.ready('files'), provider.ready('math'), provider.cold('web')),
  );
  const view = renderApp(path);
  await screen.findByRole('checkbox', { name: 'Select all providers' });
  return view;
}

const box = (id: string) => screen.getByRole('checkbox', { name: `Select ${id}` });
const bar = () => within(screen.getByRole('region', { name: 'Selected providers' }));

describe('several providers at once', () => {
  it('are marked by box, by key and by the head', async () => {
    const { user } = await open();
    expect(screen.queryByRole('region', { name: 'Selected providers' })).toBeNull();
    await user.click(box('files'));
    expect(bar().getByText('1 provider selected')).toBeVisible();
    screen.getByRole('link', { name: 'web' }).focus();
    await user.keyboard('X');
    expect(bar().getByText('3 providers selected')).toBeVisible();
    await user.keyboard('x');
    expect(box('web')).not.toBeChecked();
    await user.click(screen.getByRole('checkbox', { name: 'Select all providers' }));
    await user.click(screen.getByRole('checkbox', { name: 'Select all providers' }));
    expect(screen.queryByRole('region', { name: 'Selected providers' })).toBeNull();
  });

  it('are stopped after a question that says how many and whom it concerns', async () => {
    bulks({ web: 'it is not running' });
    on('GET /api/groups', groupList(group.healthy('pool', member('math'))));
    ended(
      {
        counts: { done: 0, failed: 1, skipped: 1, not_tried: 0 },
        done: [],
        failed: [{ provider_id: 'math', error: 'TimeoutError', message: 'it did not end' }],
        not_tried: [],
      },
      '1 done, 1 failed',
    );
    const { user } = await open();
    await user.click(box('math'));
    await user.click(box('web'));
    await user.click(bar().getByRole('button', { name: 'Stop' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Stop 2 providers?' }));
    expect(await dialog.findByText('It is done for 1 of 2.')).toBeVisible();
    expect(dialog.getByText('Left out, it is not running: web')).toBeVisible();
    expect(await dialog.findByText(/pool falls to 0/)).toBeVisible();
    expect(sent()).toHaveLength(0);
    await user.click(dialog.getByRole('button', { name: 'Stop 2 providers' }));
    await waitFor(() => {
      expect(sent().map(({ body }) => body)).toEqual([
        { verb: 'stop', provider_ids: ['math', 'web'] },
      ]);
    });
    // The outcome stays, with what failed, the way to try again and the way to the operation.
    const outcome = within(await screen.findByRole('region', { name: 'Stopping 1 provider' }));
    expect(await outcome.findByText(/it did not end/)).toBeVisible();
    expect(outcome.getByRole('link', { name: 'Operation' })).toHaveAttribute(
      'href',
      '/operations/op-1',
    );
    expect(screen.queryByRole('region', { name: 'Selected providers' })).toBeNull();
    await user.click(outcome.getByRole('button', { name: 'Retry 1 that failed' }));
    await user.click(
      within(await screen.findByRole('dialog', { name: 'Stop 1 provider?' })).getByRole('button', {
        name: 'Stop 1 provider',
      }),
    );
    await waitFor(() => {
      expect(sent().at(-1)?.body).toEqual({ verb: 'stop', provider_ids: ['math'] });
    });
  });

  it('that match a filter are deleted by filter, once their number was typed', async () => {
    bulks();
    ended({ counts: {}, done: ['math', 'web'], failed: [], not_tried: [] }, '2 done');
    const { user } = await open('/providers?q=a&state=ready');
    await user.click(box('math'));
    await user.click(bar().getByRole('button', { name: 'Select all 1 that match the filter' }));
    expect(bar().getByText('All 1 that match are selected')).toBeVisible();
    await user.click(bar().getByRole('button', { name: 'Delete' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Delete 1 provider?' }));
    const confirm = dialog.getByRole('button', { name: 'Delete 1 provider' });
    expect(confirm).toBeDisabled();
    await user.type(dialog.getByRole('textbox', { name: /^Type 1/ }), '1');
    await user.click(confirm);
    await waitFor(() => {
      expect(sent()[0]?.body).toEqual({
        verb: 'delete',
        filter: { search: 'a', states: ['ready'] },
        expect: 1,
      });
    });
  });

  it('are started at once, by key too; what the server refuses stays on the page', async () => {
    on(bulkRoute, () => failure(409, 'ConflictError', '4 providers are meant now, not 3'));
    const { user } = await open();
    await user.click(box('web'));
    await user.keyboard('s');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('4 providers are meant now, not 3');
    expect(sent()[0]?.body).toEqual({ verb: 'start', provider_ids: ['web'] });
    expect(box('web')).toBeChecked();
  });

  it('lose their marks with another filter, and those that are gone count no more', async () => {
    const { user } = await open();
    await user.click(box('math'));
    await user.click(box('web'));
    socketOf('ws/state')
      .accept()
      .say(delta(11, [], ['web']));
    await waitFor(() => {
      expect(bar().getByText('1 provider selected')).toBeVisible();
    });
    await user.click(screen.getByRole('button', { name: /needs attention/ }));
    await waitFor(() => {
      expect(screen.queryByRole('region', { name: 'Selected providers' })).toBeNull();
    });
  });
});
