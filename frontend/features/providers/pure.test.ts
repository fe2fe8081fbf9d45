import { describe, expect, it } from 'vitest';
import { detail, provider } from '../../testing/factories';
import { fleetFrom } from '../../store/reduce';
import { joinCommand, splitCommand } from './command';
import { check, emptyForm, fieldOf, formOf, newProvider, patchOf } from './form';
import { parseView, select } from './list';
import { unified } from './tools/diff';

describe('splitCommand', () => {
  it.each([
    ['npx -y server /tmp', ['npx', '-y', 'server', '/tmp']],
    [`node -e "console.log('x')"`, ['node', '-e', "console.log('x')"]],
    [`'one two' three\\ four ""`, ['one two', 'three four', '']],
    ['  spaces   only between  ', ['spaces', 'only', 'between']],
    [`'a\\b'`, ['a\\b']],
    ['', []],
  ])('%s', (line, args) => {
    expect(splitCommand(line)).toEqual(args);
  });

  it('is the inverse of joinCommand', () => {
    const args = ['node', '-e', "it's $HOME", '', 'a b'];
    expect(splitCommand(joinCommand(args))).toEqual(args);
  });
});

describe('the provider form', () => {
  it('sends only what belongs to the mode', () => {
    const body = newProvider({
      ...emptyForm,
      provider_id: ' math ',
      command: 'demo x',
      image: 'left over',
    });
    expect(body).toMatchObject({
      provider_id: 'math',
      mode: 'subprocess',
      command: ['demo', 'x'],
      idle_ttl_s: 300,
    });
    expect(body).not.toHaveProperty('image');
    expect(
      newProvider({ ...emptyForm, mode: 'docker', image: 'img', volumes: 'a:b\n\nc:d' }),
    ).toMatchObject({
      image: 'img',
      volumes: ['a:b', 'c:d'],
      network: 'none',
    });
  });

  it('reads environment lines and keeps what follows the first equals sign', () => {
    expect(patchOf({ ...emptyForm, env: 'A=1\nB=x=y\n' }).env).toEqual({ A: '1', B: 'x=y' });
  });

  it('hints at what cannot be right', () => {
    expect(
      check({ ...emptyForm, provider_id: 'a b', env: 'nope', idle_ttl_s: '0' }, false),
    ).toEqual({
      provider_id: expect.any(String) as string,
      command: expect.any(String) as string,
      env: 'Not KEY=value: nope',
      idle_ttl_s: expect.any(String) as string,
    });
    expect(
      check({ ...emptyForm, provider_id: 'm', mode: 'remote', endpoint: 'ftp://x' }, false),
    ).toHaveProperty('endpoint');
    expect(check(emptyForm, true)).toEqual({});
  });

  it('starts an edit with what is stored', () => {
    const stored = detail(provider.ready('math'));
    stored.configuration.env = { TOKEN: '***' };
    expect(formOf(stored)).toMatchObject({
      provider_id: 'math',
      env: 'TOKEN=***',
      idle_ttl_s: '300',
    });
  });

  it('finds the field of a server message', () => {
    expect(fieldOf('command[0]')).toBe('command');
    expect(fieldOf('env.TOKEN')).toBe('env');
    expect(fieldOf('something')).toBeNull();
  });
});

describe('the list', () => {
  const all = Object.values(
    fleetFrom({
      providers: [
        provider.cold('b10', { calls_total: 5 }),
        provider.ready('b2', { description: 'Maths' }),
        provider.dead('a', { calls_total: 9 }),
      ],
      position: 1,
      store_id: 's',
    }).providers,
  );
  const names = (url: Record<string, string>) =>
    select(all, parseView(url)).map((one) => one.provider);

  it('orders names as people count', () => {
    expect(names({})).toEqual(['a', 'b2', 'b10']);
    expect(names({ sort: '-name' })).toEqual(['b10', 'b2', 'a']);
  });

  it('orders by number and by urgency', () => {
    expect(names({ sort: '-calls' })).toEqual(['a', 'b10', 'b2']);
    expect(names({ sort: 'state' })).toEqual(['a', 'b2', 'b10']);
  });

  it('filters by text and states', () => {
    expect(names({ q: 'MATH' })).toEqual(['b2']);
    expect(names({ state: 'dead,cold' })).toEqual(['a', 'b10']);
  });

  it('takes nonsense in the URL for nothing', () => {
    expect(names({ state: 'purple', sort: 'weight' })).toEqual(['a', 'b2', 'b10']);
  });
});

describe('the difference of two definitions', () => {
  it('has what changed, with a little around it', () => {
    const before = ['1', '2', '3', '4', '5', '6', '7', '8', 'x', '9'].join('\n');
    const after = ['1', '2', '3', '4', '5', '6', '7', '8', 'y', 'z', '9'].join('\n');
    expect(unified(before, after)).toBe(
      ['@@ -6 +6 @@', ' 6', ' 7', ' 8', '-x', '+y', '+z', ' 9'].join('\n'),
    );
  });

  it('finds what stayed in the middle, and is empty without a change', () => {
    expect(unified('a\nkeep\nb', 'c\nkeep\nd')).toBe('@@ -1 +1 @@\n-a\n+c\n keep\n-b\n+d');
    expect(unified('same', 'same')).toBe('');
  });
});
