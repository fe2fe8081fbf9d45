import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { callsTo, failure, gate, json, on } from '../../testing/fakeApi';
import { catalogEntry, catalogList, event, provider, snapshot } from '../../testing/factories';
import { socketOf } from '../../testing/fakeSocket';
import { renderApp } from '../../testing/renderApp';
import { deployment, formSchema, freeId, idProblem, place, shown, wrongOnly } from './deploy';
import { othersOf, publisherOf } from './list';
import { errorFrom } from '../../api/errors';

const github = catalogEntry('github', {
  title: 'GitHub',
  tags: ['git', 'official'],
  required_env: ['TOKEN'],
  form: {
    type: 'object',
    required: ['token'],
    properties: {
      host: { type: 'string', title: 'host', 'x-order': 1, examples: ['https://git.example.com'] },
      token: { type: 'string', title: 'token', writeOnly: true, 'x-order': 0 },
    },
  },
});
const mine = catalogEntry('mine', { source: 'custom', builtin: false, verified: false });
const noMirror = {
  registry: '',
  entries: 0,
  refreshed_at: null,
  full_at: null,
  failed_at: null,
  error: '',
};

beforeEach(() => {
  on('GET /api/providers', snapshot(1, provider.ready('github')));
  on('GET /api/catalog', catalogList(github, mine));
  on('GET /api/catalog/github', github);
  on('GET /api/catalog/mirror', noMirror);
});

const cards = () => screen.findByRole('list', { name: 'Servers' });

describe('the Catalog page', () => {
  it('shows what can be deployed, and searches on the server', async () => {
    const { user, address } = renderApp('/catalog');
    expect(within(await cards()).getAllByRole('listitem')).toHaveLength(2);
    expect(screen.getByRole('img', { name: 'verified' })).toBeVisible();
    expect(screen.getByText('needs a secret')).toBeVisible();
    on('GET /api/catalog', catalogList(github));
    await user.type(screen.getByRole('textbox', { name: 'Search the catalog' }), 'git');
    await waitFor(() => {
      expect(callsTo('GET /api/catalog').at(-1)?.query.get('search')).toBe('git');
    });
    await user.click(screen.getByRole('button', { name: 'official' }));
    await waitFor(() => {
      expect(callsTo('GET /api/catalog').at(-1)?.query.get('tags')).toBe('official');
    });
    expect(address()).toBe('/catalog?q=git&tag=official');
  });

  it('deploys an entry under a free name, with its secret apart', async () => {
    on('POST /api/catalog/github/deploy', () =>
      json(
        {
          provider_id: 'github-2',
          deployed: true,
          started: false,
          start_error: null,
          operation_id: 'x',
        },
        201,
      ),
    );
    const { user, address } = renderApp('/catalog');
    await user.click(within(await cards()).getByRole('link', { name: 'GitHub' }));
    const form = within(await screen.findByRole('form', { name: 'Deploy github' }));
    expect(form.getByLabelText(/^Provider name/)).toHaveValue('github-2');
    await user.click(form.getByRole('button', { name: 'Deploy' }));
    expect(form.getByText('Needed')).toBeVisible();
    expect(callsTo('POST /api/catalog/github/deploy')).toHaveLength(0);
    expect(form.getByLabelText(/^token/)).toHaveAttribute('type', 'password');
    await user.type(form.getByLabelText(/^token/), 'ghp');
    await user.click(form.getByRole('button', { name: 'Deploy' }));
    await waitFor(() => {
      expect(address()).toBe('/providers/github-2');
    });
    expect(callsTo('POST /api/catalog/github/deploy')[0]?.body).toEqual({
      provider_id: 'github-2',
      variables: {},
      secrets: { token: 'ghp' },
      start: true,
      wait: false,
    });
  });

  it('says at once what is wrong with a field that is left, and not what is still empty', async () => {
    const { user } = renderApp('/catalog?entry=github');
    const form = within(await screen.findByRole('form', { name: 'Deploy github' }));
    const name = form.getByLabelText(/^Provider name/);
    await user.clear(name);
    await user.type(name, 'github');
    await user.tab();
    expect(form.getByText('There is a provider of this name')).toBeVisible();
    expect(form.queryByText('Needed')).toBeNull();
  });

  it('tells of other ways to have the same server', async () => {
    const here = catalogEntry('github-npm', { name: github.name, version: '1.2.0' });
    on('GET /api/catalog', catalogList(github, mine, here));
    const { user, address } = renderApp('/catalog?entry=github');
    const others = within(await screen.findByRole('list', { name: 'Other ways to have it' }));
    await user.click(others.getByRole('link', { name: 'github-npm' }));
    expect(address()).toBe('/catalog?entry=github-npm');
  });

  it('shows what the server refuses at its field', async () => {
    on('POST /api/catalog/github/deploy', () =>
      failure(422, 'ValidationError', 'no', {
        errors: [{ field: 'secrets.token', message: 'is too short' }],
      }),
    );
    const { user } = renderApp('/catalog?entry=github');
    const form = within(await screen.findByRole('form', { name: 'Deploy github' }));
    await user.type(form.getByLabelText(/^token/), 'x');
    await user.click(form.getByRole('button', { name: 'Deploy' }));
    expect(await form.findByText('is too short')).toBeVisible();
  });

  it('imports a server.json and tells what was skipped', async () => {
    on('POST /api/catalog/import', () =>
      json(
        {
          entries: [catalogEntry('thing-npm', { variant: 'npm' })],
          skipped: [{ name: 'thing', variant: 'nuget', reason: 'not supported' }],
        },
        201,
      ),
    );
    const { user } = renderApp('/catalog?import=1');
    const field = await screen.findByLabelText('server.json');
    await user.click(field);
    await user.paste('{"name": ');
    await user.click(screen.getByRole('button', { name: 'Import' }));
    expect(callsTo('POST /api/catalog/import')).toHaveLength(0);
    await user.clear(field);
    await user.click(field);
    await user.paste('{"name":"thing"}');
    await user.click(screen.getByRole('button', { name: 'Import' }));
    const result = within(await screen.findByRole('list', { name: 'Imported' }));
    expect(result.getByRole('link', { name: 'thing-npm' })).toBeVisible();
    expect(result.getByText('skipped: not supported')).toBeVisible();
  });

  it('deletes only what somebody added, after its name was typed', async () => {
    on('DELETE /api/catalog/mine', { deleted: true, entry_id: 'mine' });
    const { user } = renderApp('/catalog');
    await cards();
    expect(screen.queryByRole('button', { name: 'More for github' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'More for mine' }));
    await user.click(await screen.findByRole('menuitem', { name: /^Delete/ }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.type(dialog.getByRole('textbox'), 'mine');
    await user.click(dialog.getByRole('button', { name: /^Delete/ }));
    await waitFor(() => {
      expect(callsTo('DELETE /api/catalog/mine')).toHaveLength(1);
    });
  });

  it('tells how fresh the copy of a registry is, and asks again when it changed', async () => {
    on('GET /api/catalog/mirror', {
      ...noMirror,
      registry: 'https://registry.example.com',
      entries: 1_200,
      error: 'no answer',
    });
    renderApp('/catalog');
    expect(
      await screen.findByText('registry.example.com: 1,200, last refresh failed'),
    ).toBeVisible();
    on('GET /api/catalog', catalogList(github, mine, catalogEntry('new')));
    socketOf('event_type=CatalogEntryAdded')
      .accept()
      .say(event(9, 'CatalogMirrored', ''));
    expect(await screen.findByRole('link', { name: 'new' })).toBeVisible();
  });

  it('loads quietly, fails in words, and says when nothing matches', async () => {
    const slow = gate();
    on('GET /api/catalog', () => slow.answer);
    const { user } = renderApp('/catalog?q=zebra');
    expect(await screen.findByRole('status', { name: 'Loading the catalog' })).toBeVisible();
    slow.open(failure(422, 'ValidationError', 'no'));
    const alert = await screen.findByRole('alert');
    on('GET /api/catalog', catalogList());
    await user.click(within(alert).getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('No server matches')).toBeVisible();
    on('GET /api/catalog', catalogList(github));
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(await cards()).toBeVisible();
  });
});

describe('an entry', () => {
  it.each([
    [github, 'chosen and checked by the makers of Hangar'],
    [mine, 'nobody has checked it'],
    [
      catalogEntry('x', { name: 'io.github.ann/x', source: 'registry', verified: false }),
      'io.github.ann, verified by the registry',
    ],
    [
      catalogEntry('x', { name: 'io.github.ann/x', source: 'custom', verified: false }),
      'io.github.ann, as its file says',
    ],
  ])('says who answers for it', (entry, publisher) => {
    expect(publisherOf(entry)).toBe(publisher);
  });

  it('is not another way to have itself', () => {
    const twin = catalogEntry('twin', { name: github.name });
    expect(othersOf(github, [github, mine, twin])).toEqual([twin]);
  });
});

describe('a deployment', () => {
  const schema = formSchema(github);

  it('is shown with the names of its secrets instead of their values', () => {
    const { body } = deployment(schema, { token: 'ghp', host: 'h' }, 'github', false);
    expect(body.variables).toEqual({ host: 'h' });
    expect(JSON.stringify(shown(body))).not.toContain('ghp');
    expect(shown(body).secrets).toEqual({ token: '${env:TOKEN}' });
  });

  it('is checked at its fields, as the server would, and what is empty only once it is sent', () => {
    const dirs = formSchema(
      catalogEntry('files', {
        form: {
          type: 'object',
          required: ['root'],
          properties: {
            root: { type: 'string', format: 'path' },
            more: { type: 'array', items: { type: 'string', format: 'path' } },
            deep: { type: 'integer' },
          },
        },
      }),
    );
    const draft = { root: '', more: ['/srv', 'srv'], deep: 'two' };
    const { problems } = deployment(dirs, draft, 'files', true);
    expect(problems).toEqual({
      root: 'Needed',
      'more/1': 'An absolute path: it begins with /',
      deep: 'Not a number',
    });
    expect(Object.keys(wrongOnly(problems))).toEqual(['more/1', 'deep']);
  });

  it.each([
    ['a b', 'Letters, digits, _ and -, at most 64'],
    ['a', 'There is a provider of this name'],
    [' b ', ''],
  ])('is named %j: %s', (id, problem) => {
    expect(idProblem(id, (one) => one === 'a')).toBe(problem);
  });

  it('counts on from the name that is taken', () => {
    const taken = new Set(['a', 'a-2']);
    expect(freeId('a', (id) => taken.has(id))).toBe('a-3');
    expect(freeId('b', (id) => taken.has(id))).toBe('b');
  });

  it.each([
    [409, {}, { problems: {}, id: 'no', rest: false }],
    [
      422,
      { errors: [{ field: 'body.provider_id', message: 'bad' }] },
      { problems: {}, id: 'bad', rest: false },
    ],
    [422, { errors: [{ field: 'start', message: 'bad' }] }, { problems: {}, id: '', rest: true }],
    [500, {}, { problems: {}, id: '', rest: true }],
  ])('places what the server said: %i %j', (status, details, expected) => {
    expect(place(errorFrom(status, { error: 'E', message: 'no', details }))).toEqual(expected);
  });
});
