import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { event, group, groupList, member, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';

const out = { in_rotation: false };
const pool = group.healthy(
  'pool',
  member('math', { wanted_share: 0.75, observed_share: 0.7, weight: 3 }),
  member('files', { wanted_share: 0.25, observed_share: 0.3 }),
);

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('math'), provider.cold('spare')));
  on('GET /api/groups', groupList(pool, group.down('broken', member('web', out))));
  on('GET /api/events', { events: [], oldest: 0, head: 1 });
});

const cards = () =>
  within(screen.getByRole('list', { name: 'Groups' }))
    .getAllByRole('link')
    .map((link) => link.textContent);

describe('the Groups page', () => {
  it('shows troubled groups first, with what gets through and who gets what', async () => {
    renderApp('/groups');
    await screen.findByRole('link', { name: 'pool' });
    expect(cards()).toEqual(['broken', 'pool']);
    expect(screen.getByText('No call gets through: 0 of 1 member can be called')).toBeVisible();
    expect(screen.getByRole('img', { name: 'wanted 75 %, got 70 %' })).toBeVisible();
    expect(screen.getByRole('img', { name: 'Breakers of broken: open' })).toBeVisible();
  });

  it('loads quietly, fails in words, and recovers', async () => {
    const slow = gate();
    on('GET /api/groups', () => slow.answer);
    const { user } = renderApp('/groups');
    expect(await screen.findByRole('status', { name: 'Loading groups' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'not like this'));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('not like this');
    on('GET /api/groups', groupList(pool));
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByRole('link', { name: 'pool' })).toBeVisible();
  });

  it('says what a group is for when there is none', async () => {
    on('GET /api/groups', groupList());
    renderApp('/groups');
    expect(await screen.findByText('No groups yet')).toBeVisible();
  });

  it('filters in the address and offers to clear', async () => {
    const { user, address } = renderApp('/groups');
    await screen.findByRole('link', { name: 'pool' });
    await user.click(screen.getByRole('button', { name: /^healthy/ }));
    await waitFor(() => {
      expect(cards()).toEqual(['pool']);
    });
    await user.type(screen.getByRole('textbox', { name: 'Filter groups' }), 'zebra');
    expect(await screen.findByText('No group matches')).toBeVisible();
    expect(address()).toBe('/groups?state=healthy&q=zebra');
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(await screen.findByRole('link', { name: 'broken' })).toBeVisible();
  });

  it('creates a group, with hints first', async () => {
    on('POST /api/groups', () => json({ group_id: 'new', created: true }, 201));
    const { user, address } = renderApp('/groups');
    await user.click(await screen.findByRole('button', { name: 'Create group' }));
    const form = within(await screen.findByRole('dialog', { name: 'Create group' }));
    await user.click(form.getByRole('button', { name: 'Create group' }));
    expect(form.getByText('Letters, digits, _ and -, at most 64')).toBeVisible();
    await user.type(form.getByRole('textbox', { name: 'Name' }), 'new');
    await user.selectOptions(form.getByRole('combobox', { name: 'Strategy' }), 'sticky');
    await user.click(form.getByRole('button', { name: 'Create group' }));
    await waitFor(() => {
      expect(address()).toBe('/groups/new');
    });
    expect(callsTo('POST /api/groups')[0]?.body).toEqual({
      group_id: 'new',
      strategy: 'sticky',
      min_healthy: 1,
    });
  });

  it('puts a taken name at its field', async () => {
    on('POST /api/groups', () => failure(409, 'ConflictError', 'pool exists already'));
    const { user } = renderApp('/groups?add=1');
    const form = within(await screen.findByRole('dialog', { name: 'Create group' }));
    await user.type(form.getByRole('textbox', { name: 'Name' }), 'pool');
    await user.click(form.getByRole('button', { name: 'Create group' }));
    expect(await form.findByText('pool exists already')).toBeVisible();
  });
});

describe('the page of a group', () => {
  const row = async (id: string) => (await screen.findByRole('link', { name: id })).closest('tr')!;

  it('shows its members, their breakers and who was in the rotation', async () => {
    renderApp('/groups/pool');
    expect(await row('math')).toHaveTextContent('ready');
    expect(screen.getByRole('img', { name: 'Breaker of math: closed' })).toBeVisible();
    expect(await screen.findByRole('figure', { name: 'Rotation of pool' })).toBeVisible();
    expect(screen.getByText('2 of 2 members can be called; it can lose 1')).toBeVisible();
  });

  it('changes the strategy at once, and back', async () => {
    on('PUT /api/groups/pool', { group_id: 'pool', updated: true });
    const { user } = renderApp('/groups/pool');
    await user.selectOptions(
      await screen.findByRole('combobox', { name: 'Strategy' }),
      'weighted_round_robin',
    );
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('PUT /api/groups/pool').map((call) => call.body)).toEqual([
        { strategy: 'weighted_round_robin' },
        { strategy: 'round_robin' },
      ]);
    });
  });

  it('adds a provider that is no member yet', async () => {
    on('POST /api/groups/pool/members', () => json({ added: true }, 201));
    const { user } = renderApp('/groups/pool');
    await user.click(await screen.findByRole('button', { name: 'Add member' }));
    const form = within(screen.getByRole('form', { name: 'Add member' }));
    await waitFor(() => {
      expect(form.getByRole('combobox', { name: 'Provider' })).toHaveValue('spare');
    });
    await user.clear(form.getByRole('textbox', { name: 'Weight' }));
    await user.type(form.getByRole('textbox', { name: 'Weight' }), '4');
    await user.click(form.getByRole('button', { name: 'Add' }));
    await waitFor(() => {
      expect(callsTo('POST /api/groups/pool/members')[0]?.body).toEqual({
        member_id: 'spare',
        weight: 4,
        priority: 1,
      });
    });
    on('POST /api/groups/pool/members', () => failure(409, 'ConflictError', 'is one already'));
    await user.click(form.getByRole('button', { name: 'Add' }));
    expect(await form.findByRole('alert')).toHaveTextContent('is one already');
  });

  it('removes a member that can be spared with a way back, and asks about one that cannot', async () => {
    on('DELETE /api/groups/pool/members/files', { removed: true });
    on('POST /api/groups/pool/members', () => json({ added: true }, 201));
    const { user } = renderApp('/groups/pool');
    await row('files');
    await user.click(screen.getByRole('button', { name: 'Remove files from pool' }));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => {
      expect(callsTo('POST /api/groups/pool/members')[0]?.body).toMatchObject({
        member_id: 'files',
      });
    });
    on('GET /api/groups', groupList(group.healthy('pool', member('math'))));
    socketOf('event_type=GroupUpdated')
      .accept()
      .say(event(5, 'GroupMemberRemoved', '', { group_id: 'pool' }));
    await waitFor(() => {
      expect(screen.queryByRole('link', { name: 'files' })).toBeNull();
    });
    await user.click(screen.getByRole('button', { name: 'Remove math from pool' }));
    expect(await screen.findByRole('dialog', { name: 'Remove math from pool?' })).toHaveTextContent(
      'below its minimum of 1',
    );
  });

  it('rebalances, and shows on the page what went wrong', async () => {
    on('POST /api/groups/pool/rebalance', () => failure(500, 'InternalServerError', 'no'));
    const { user } = renderApp('/groups/pool');
    await user.click(await screen.findByRole('button', { name: 'Rebalance' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('pool could not be rebalanced');
  });

  it('is deleted after its name is typed, and says when it is not there', async () => {
    on('DELETE /api/groups/pool', { group_id: 'pool', deleted: true });
    const { user, address } = renderApp('/groups/pool');
    await user.click(await screen.findByRole('button', { name: 'More for pool' }));
    await user.click(await screen.findByRole('menuitem', { name: /^Delete/ }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Delete group pool?' }));
    await user.type(dialog.getByRole('textbox', { name: /^Type pool/ }), 'pool');
    on('GET /api/groups', groupList());
    await user.click(dialog.getByRole('button', { name: 'Delete pool' }));
    await waitFor(() => {
      expect(address()).toBe('/groups');
    });
    expect(callsTo('DELETE /api/groups/pool')).toHaveLength(1);
  });

  it('has a face for a group that is not there', async () => {
    renderApp('/groups/nobody');
    expect(await screen.findByText('There is no group nobody')).toBeVisible();
  });
});
