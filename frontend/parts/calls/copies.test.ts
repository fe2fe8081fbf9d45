import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { parseExact } from '../../api/exact';
import { asCli, asCurl, asMcp, asPython, asTypeScript } from './copies';

const schema = {
  type: 'object',
  properties: { title: { type: 'string' }, count: { type: 'integer' }, tags: { type: 'array' } },
};
const call = (args: Record<string, unknown>, kind: 'provider' | 'group' = 'provider') => ({
  target: { kind, id: 'hub' },
  tool: 'issues/create',
  args,
  schema,
});

describe('a call for elsewhere', () => {
  it('is curl, with everything quoted', () => {
    expect(asCurl(call({ title: "It's" }))).toBe(
      `curl -sS -X POST http://hangar.test/api/providers/hub/tools/issues%2Fcreate/call -H 'Content-Type: application/json' -d '{"arguments":{"title":"It'\\''s"}}'`,
    );
  });

  it('is hangar call, texts as they are and the rest as JSON', () => {
    expect(asCli(call({ title: 'two words', count: 3, tags: ['a'] }))).toBe(
      `hangar call --url http://hangar.test hub issues/create 'title=two words' count:=3 'tags:=["a"]'`,
    );
  });

  it('hands over names that the command line would misread as JSON', () => {
    expect(asCli(call({ '@x': 1 }))).toBe(
      `printf %s '{"@x":1}' | hangar call --url http://hangar.test hub issues/create -`,
    );
  });

  it('has no command for a group', () => {
    expect(asCli(call({}, 'group'))).toBeNull();
  });

  it('is a request of MCP', () => {
    expect(JSON.parse(asMcp(call({ count: 3 })))).toMatchObject({
      method: 'tools/call',
      params: { name: 'issues/create', arguments: { count: 3 } },
    });
  });

  const hard = {
    'say "it"': "it's \\ a\nline \u2028 \u{1f600}",
    ['__proto__']: 1,
    list: [true, false, null, -1.5, []],
    deep: { none: {}, text: '"__proto__":' },
  };

  it('is TypeScript that compiles', () => {
    const text = asTypeScript(call(hard));
    const { diagnostics } = ts.transpileModule(text, {
      reportDiagnostics: true,
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    expect(diagnostics).toEqual([]);
    expect(text).toContain('new URL("http://hangar.test/mcp/providers/hub")');
    expect(text).toContain('["__proto__"]: 1');
    expect(text).toContain(String.raw`"text": "\"__proto__\":"`);
  });

  it('is Python, with its own words for true, false and null', () => {
    const text = asPython(call(hard, 'group'));
    expect(text).toContain('Client("http://hangar.test/mcp/groups/hub")');
    const list = /"list": \[([^\]]*\[\][^\]]*)\]/.exec(text)?.[1]?.replaceAll(/\s/g, '');
    expect(list).toBe('True,False,None,-1.5,[],');
  });

  it('has large integers exact in Python, and says what JavaScript does to them', () => {
    if (!('rawJSON' in JSON)) return;
    const big = parseExact('{"id":9007199254740993}') as Record<string, unknown>;
    expect(asPython(call(big))).toContain('"id": 9007199254740993,');
    expect(asTypeScript(call(big))).toContain('it rounds the one below');
    expect(asTypeScript(call({ id: 7 }))).not.toContain('rounds');
  });
});
