import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { callsTo, failure, json, on, sse } from '../../testing/fakeApi';
import {
  addTool,
  callRecord,
  fleetTool,
  group,
  groupList,
  member,
  provider,
  snapshot,
} from '../../testing/factories';
import { renderApp } from '../../testing/renderApp';
import { load, reload, save } from './saved';
import { argsOf, argsText, choices } from './view';

const route = 'POST /api/providers/math/tools/add/call';
const result = (value: number) =>
  json({ content: [{ type: 'text', text: String(value) }], duration_ms: 4 });

beforeEach(() => {
  reload();
  on('GET /api/providers', snapshot(1, provider.ready('math'), provider.ready('files')));
  on('GET /api/groups', groupList(group.healthy('pool', member('math'))));
  on('GET /api/tools', { tools: [fleetTool('math', 'add'), fleetTool('files', 'read')] });
  on('GET /api/providers/math/tools', { tools: [addTool] });
});

const fill = async (user: ReturnType<typeof renderApp>['user'], a: string, b: string) => {
  const boxA = await screen.findByRole('textbox', { name: /^a/ });
  await user.clear(boxA);
  await user.type(boxA, a);
  const boxB = screen.getByRole('textbox', { name: /^b/ });
  await user.clear(boxB);
  await user.type(boxB, b);
};

describe('the Playground', () => {
  it('calls a chosen tool and keeps the arguments in the address', async () => {
    on(route, () => result(42));
    const { user, address } = renderApp('/playground');
    expect(await screen.findByText('Choose a tool')).toBeVisible();
    await user.click(screen.getByRole('button', { name: /^add/ }));
    await fill(user, '2', '40');
    await user.keyboard('{Control>}{Enter}{/Control}');
    const region = screen.getByRole('region', { name: 'Result' });
    expect(await within(region).findByText('42')).toBeVisible();
    await user.click(within(region).getByRole('radio', { name: 'Raw' }));
    expect(within(region).getByRole('group', { name: 'raw result' })).toHaveTextContent(
      '"duration_ms": 4',
    );
    await waitFor(() => {
      expect(decodeURIComponent(address())).toBe(
        '/playground?provider=math&tool=add&args={"a":2,"b":40}',
      );
    });
  });

  it('shows a large integer of a result as the tool wrote it', async () => {
    const text =
      '{"content":[{"type":"text","text":"{\\"id\\":9007199254740993}"}],"structuredContent":{"id":9007199254740993},"duration_ms":1}';
    on(route, () => new Response(text, { headers: { 'Content-Type': 'application/json' } }));
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '2', '40');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    const id = 'rawJSON' in JSON ? '9007199254740993' : '9007199254740992';
    expect(await screen.findByRole('group', { name: 'structured content' })).toHaveTextContent(id);
    expect(screen.getByRole('group', { name: 'text content' })).toHaveTextContent(id);
  });

  it('starts from an address that someone shared', async () => {
    const args = encodeURIComponent('{"a":7,"b":8}');
    renderApp(`/playground?provider=math&tool=add&args=${args}`);
    expect(await screen.findByRole('textbox', { name: /^a/ })).toHaveValue('7');
  });

  it('lists one provider’s tools when the address names a provider and no tool', async () => {
    renderApp('/playground?provider=files');
    expect(await screen.findByRole('button', { name: 'read' })).toBeVisible();
    expect(screen.queryByRole('button', { name: /^add/ })).not.toBeInTheDocument();
    expect(screen.getByRole('combobox', { name: 'Call through' })).toHaveValue('provider:files');
  });

  it('is one stop of the keyboard in its list, goes on in the form, and repeats with a point', async () => {
    on(route, () => result(42));
    const { user } = renderApp('/playground');
    await screen.findByRole('button', { name: /^add/ });
    screen.getByRole('table', { name: 'Tools to call' }).focus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('button', { name: /^read/ })).toHaveFocus();
    expect(screen.getByRole('button', { name: /^read/ })).toHaveAttribute('tabindex', '-1');
    await user.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => {
      expect(screen.getByRole('textbox', { name: /^a/ })).toHaveFocus();
    });
    await fill(user, '2', '40');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await screen.findByText('42');
    await user.type(screen.getByRole('textbox', { name: /^b/ }), '.');
    expect(callsTo(route)).toHaveLength(1);
    (document.activeElement as HTMLElement).blur();
    await user.keyboard('.');
    await waitFor(() => {
      expect(callsTo(route)).toHaveLength(2);
    });
  });

  it('shows who may not call why, and does not call by key either', async () => {
    on('GET /api/auth/whoami', {
      principal_id: 'ann',
      type: 'user',
      via: 'session',
      permissions: ['tool:list', 'tool:invoke:files'],
    });
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '1', '2');
    const button = screen.getByRole('button', { name: 'Call tool' });
    await waitFor(() => {
      expect(button).toBeDisabled();
    });
    expect(button).toHaveAttribute('title', expect.stringContaining('tool:invoke:math/add'));
    await user.click(screen.getByRole('textbox', { name: /^b/ }));
    await user.keyboard('{Control>}{Enter}{/Control}');
    expect(callsTo(route)).toHaveLength(0);
  });

  it('shows progress and cancels', async () => {
    let aborted: AbortSignal | undefined;
    let stream: ReturnType<typeof sse> | undefined;
    on(route, (_, signal) => {
      aborted = signal;
      stream = sse(signal);
      return stream.response;
    });
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '1', '2');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    await screen.findByRole('button', { name: 'Cancel call' });
    stream?.send('progress', { progress: 1, total: 2 });
    await waitFor(() => {
      expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
    });
    await user.click(screen.getByRole('button', { name: 'Cancel call' }));
    expect(await screen.findByText('cancelled')).toBeVisible();
    expect(aborted?.aborted).toBe(true);
  });

  it('gives the call as curl, CLI and MCP, as it stands in the form', async () => {
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '2', '3');
    const twin = () => screen.getByRole('region', { name: 'The same call elsewhere' });
    expect(twin()).toHaveTextContent(`-d '{"arguments":{"a":2,"b":3}}'`);
    await user.click(screen.getByRole('radio', { name: 'CLI' }));
    expect(twin()).toHaveTextContent('hangar call --url http://hangar.test math add a:=2 b:=3');
    const written = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await user.click(screen.getByRole('button', { name: 'Copy CLI' }));
    expect(written).toHaveBeenCalledWith('hangar call --url http://hangar.test math add a:=2 b:=3');
    await user.click(screen.getByRole('switch', { name: 'Raw JSON' }));
    await user.clear(screen.getByRole('textbox', { name: 'Arguments' }));
    expect(await screen.findByText('The arguments are no JSON object yet.')).toBeVisible();
  });

  it('calls through a group, whose tools are those of its members', async () => {
    on('POST /api/groups/pool/tools/add/call', () => result(3));
    const { user, address } = renderApp('/playground');
    await user.selectOptions(
      await screen.findByRole('combobox', { name: 'Call through' }),
      'group:pool',
    );
    expect(screen.queryByRole('button', { name: /^read/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: /^add/ }));
    await fill(user, '1', '2');
    expect(address()).toBe('/playground?group=pool&tool=add');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    expect(await screen.findByText('3')).toBeVisible();
    await user.click(screen.getByRole('radio', { name: 'CLI' }));
    expect(screen.getByText(/^hangar call speaks to providers/)).toBeVisible();
  });

  it('saves a call, opens it again with its arguments, and forgets it', async () => {
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '5', '6');
    await user.type(screen.getByRole('textbox', { name: 'Name of the saved call' }), 'eleven');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await fill(user, '0', '0');
    const saved = within(await screen.findByRole('region', { name: 'Saved calls' }));
    await user.click(saved.getByRole('button', { name: /^eleven/ }));
    await waitFor(() => {
      expect(screen.getByRole('textbox', { name: /^a/ })).toHaveValue('5');
    });
    await user.click(saved.getByRole('button', { name: 'Rename eleven' }));
    await user.type(saved.getByRole('textbox', { name: 'New name of eleven' }), ' again{Enter}');
    await user.click(saved.getByRole('button', { name: 'Forget eleven again' }));
    expect(load()).toEqual([]);
    await user.click(saved.getByRole('button', { name: 'Undo' }));
    expect(load()).toMatchObject([{ name: 'eleven again', args: { a: 5, b: 6 } }]);
  });

  it('keeps earlier runs to look at', async () => {
    on(route, () => result(1));
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '1', '0');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    await screen.findByText('result');
    on(route, () => failure(504, 'TimeoutError', 'too slow'));
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    await screen.findByRole('alert');
    const runs = within(screen.getByRole('region', { name: 'Earlier runs' }));
    await user.click(runs.getAllByRole('button')[1]!);
    expect(screen.getByRole('region', { name: 'Earlier result' })).toHaveTextContent('result');
  });

  it('shows where the time went, and what to do about a failure', async () => {
    on('GET /api/auth/whoami', {
      principal_id: 'ann',
      type: 'user',
      via: 'session',
      permissions: ['*:*'],
    });
    let trace = '';
    on('POST /api/groups/pool/tools/add/call', ({ headers }) => {
      trace =
        /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(headers.get('traceparent') ?? '')?.[1] ?? '';
      return failure(503, 'ProviderStartError', 'it did not start', {
        provider_id: 'math',
        stderr: ['no key'],
      });
    });
    on('GET /api/calls', () =>
      json({
        calls: [
          callRecord('other', { execute_ms: 7 }),
          callRecord('mine', { trace_id: trace, queue_ms: 120, cold_start_ms: 300 }),
        ],
        next_before: 0,
      }),
    );
    const { user } = renderApp('/playground?group=pool&tool=add');
    await fill(user, '1', '2');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    const region = within(screen.getByRole('region', { name: 'Result' }));
    expect(
      await region.findByRole('img', { name: /^waiting for its place 120 ms, waiting for/ }),
    ).toBeVisible();
    expect(region.getByRole('link', { name: 'Its record' })).toHaveAttribute(
      'href',
      '/calls?sel=mine',
    );
    expect(region.getByRole('link', { name: 'Starts of math' })).toHaveAttribute(
      'href',
      '/providers/math?tab=starts',
    );
    expect(region.getByRole('group', { name: 'Last lines of stderr' })).toHaveTextContent('no key');
  });

  it('asks before it calls what calls itself destructive', async () => {
    on('GET /api/providers/math/tools', {
      tools: [{ ...addTool, annotations: { destructiveHint: true } }],
    });
    on(route, () => result(3));
    const { user } = renderApp('/playground?provider=math&tool=add');
    await fill(user, '1', '2');
    await user.click(screen.getByRole('button', { name: 'Call tool' }));
    const dialog = await screen.findByRole('dialog', { name: 'Call add?' });
    expect(callsTo(route)).toHaveLength(0);
    await user.click(within(dialog).getByRole('button', { name: 'Call add' }));
    expect(await screen.findByText('3')).toBeVisible();
  });

  it('has faces for a tool that is gone, a fleet without tools and a failure', async () => {
    const first = renderApp('/playground?provider=math&tool=gone');
    expect(await screen.findByText('math has no tool gone')).toBeVisible();
    first.unmount();
    on('GET /api/tools', { tools: [] });
    const second = renderApp('/playground');
    expect(await screen.findByText('No tools are known yet')).toBeVisible();
    second.unmount();
    on('GET /api/tools', () => failure(422, 'ValidationError', 'no'));
    renderApp('/playground');
    expect(await screen.findByRole('alert')).toHaveTextContent('could not be loaded');
  });
});

describe('what the Playground takes from elsewhere', () => {
  it('reads arguments only when they are an object', () => {
    expect(argsOf({ args: '{"a":1}' })).toEqual({ a: 1 });
    for (const args of ['[1]', '{', 'null', '']) expect(argsOf({ args })).toBeUndefined();
  });

  it('keeps an address short', () => {
    expect(argsText({ text: 'x'.repeat(2_000) })).toBe('');
    expect(argsText({})).toBe('');
    expect(argsText({ a: 1 })).toBe('{"a":1}');
  });

  it('takes saved calls only when they are whole', () => {
    localStorage.setItem('hangar-calls', JSON.stringify([{ name: 'half' }, 7]));
    expect(load()).toEqual([]);
    const call = {
      name: 'one',
      target: { kind: 'group', id: 'pool' },
      tool: 'add',
      args: { a: 1 },
    } as const;
    save(call);
    expect(load()).toEqual([call]);
  });

  it('reads a saved integer as it was written, and loses no call where the browser cannot', () => {
    const text =
      '[{"name":"big","target":{"kind":"provider","id":"math"},"tool":"add","args":{"a":9007199254740993}}]';
    localStorage.setItem('hangar-calls', text);
    expect(load().map((one) => one.name)).toEqual(['big']);
    if ('rawJSON' in JSON) expect(JSON.stringify(load())).toContain('"a":9007199254740993}');
  });

  it('shows each tool of a group once', () => {
    const tools = [fleetTool('a', 'add'), fleetTool('b', 'add'), fleetTool('c', 'add')];
    const pool = group.healthy('pool', member('a'), member('b'));
    expect(choices(tools, [pool], { kind: 'group', id: 'pool' }, '')).toEqual([tools[0]]);
  });
});
