import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { failure, gate, json, on } from '../../testing/fakeApi';
import { group, groupList, member, provider, snapshot } from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';

beforeEach(() => {
  on(
    'GET /api/providers',
    snapshot(1, provider.ready('math'), provider.dead('web'), provider.cold('alone')),
  );
  on(
    'GET /api/groups',
    groupList(group.healthy('pool', member('math')), group.down('sites', member('web'))),
  );
});

const column = async (name: string) =>
  within(await screen.findByRole('list', { name }))
    .getAllByRole('listitem')
    .map((item) => item.querySelector('[class*=label]')?.textContent);

describe('the Topology page', () => {
  it('has columns of callers, groups and providers, each a link', async () => {
    const { user, address } = renderApp('/topology');
    expect(await column('Callers')).toEqual(['All callers']);
    expect(await column('Groups')).toEqual(['pool', 'sites']);
    expect(await column('Providers')).toEqual(['math', 'web', 'alone']);
    await user.click(screen.getByRole('link', { name: /^pool/ }));
    await waitFor(() => {
      expect(address()).toBe('/groups/pool');
    });
  });

  it('puts what is on a way through one node in front, in the address', async () => {
    const { user, address } = renderApp('/topology');
    await user.click(
      await screen.findByRole('button', { name: 'Only what is on a way through pool' }),
    );
    await user.unhover(screen.getByRole('link', { name: /^pool/ }));
    await waitFor(() => {
      expect(screen.getByRole('link', { name: /^web/ }).closest('li')).toHaveAttribute('data-dim');
    });
    expect(screen.getByRole('link', { name: /^math/ }).closest('li')).not.toHaveAttribute(
      'data-dim',
    );
    expect(decodeURIComponent(address())).toBe('/topology?focus=group:pool');
    await user.click(screen.getByRole('button', { name: 'Show everything' }));
    await waitFor(() => {
      expect(address()).toBe('/topology');
    });
  });

  it('narrows to what matches and what belongs to it', async () => {
    const { user } = renderApp('/topology?q=sites');
    expect(await column('Providers')).toEqual(['web']);
    await user.clear(screen.getByRole('textbox', { name: 'Find a group or provider' }));
    await user.type(screen.getByRole('textbox', { name: 'Find a group or provider' }), 'zebra');
    expect(await screen.findByText('Nothing matches')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(await column('Providers')).toHaveLength(3);
  });

  it('opens a bundle in place', async () => {
    on(
      'GET /api/providers',
      snapshot(1, ...Array.from({ length: 200 }, (_, i) => provider.ready(`p${i}`))),
    );
    on('GET /api/groups', groupList());
    const { user } = renderApp('/topology');
    await user.click(await screen.findByRole('button', { name: /^200 ready/ }));
    expect(await screen.findByRole('link', { name: /^p199/ })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Close bundles' }));
    expect(await screen.findByRole('button', { name: /^200 ready/ })).toBeVisible();
  });

  it('loads quietly, fails in words, and says when there is nothing', async () => {
    const slow = gate();
    on('GET /api/groups', () => slow.answer);
    const first = renderApp('/topology');
    await waitFor(() => {
      expect(screen.getByRole('status', { name: 'Loading the topology' })).toBeVisible();
    });
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/groups', () => json(groupList()));
    await first.user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByRole('link', { name: /^math/ })).toBeVisible();
    first.unmount();
    on('GET /api/providers', snapshot(1));
    renderApp('/topology');
    expect(await screen.findByText('Nothing is connected yet')).toBeVisible();
  });
});
