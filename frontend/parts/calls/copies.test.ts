import { describe, expect, it } from 'vitest';
import { asCli, asCurl, asMcp } from './copies';

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
});
