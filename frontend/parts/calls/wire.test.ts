import { describe, expect, it } from 'vitest';
import { headerValue } from '../../api/wire';
import { entryText, mirrorsOf } from './wire';
import type { Schema } from './schema';

const schema: Schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    pin: { type: 'string', writeOnly: true },
  },
};

describe('the protocol pane', () => {
  it('hides rights in headers and arguments that are never shown', () => {
    const text = entryText(
      {
        at: 0,
        way: 'sent',
        title: 'POST /mcp',
        headers: { Authorization: 'Bearer abc', Accept: '*/*' },
        body: { params: { arguments: { region: 'eu', pin: '1234' } } },
      },
      schema,
    );
    expect(text).not.toMatch(/abc|1234/);
    expect(text).toContain('Accept: */*');
    expect(text).toContain('"region": "eu"');
  });

  it('gives arguments that are headers, too', () => {
    expect(mirrorsOf(schema, { region: 'eu', pin: '1' })).toEqual({ Region: 'eu' });
    expect(mirrorsOf(schema, {})).toEqual({});
  });

  it('writes a header as MCP does when it is not plain', () => {
    expect(headerValue('add')).toBe('add');
    expect(headerValue('é')).toBe('=?base64?w6k=?=');
    expect(headerValue(' a')).toBe('=?base64?IGE=?=');
  });
});
