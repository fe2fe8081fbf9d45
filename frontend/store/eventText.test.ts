import { describe, expect, it } from 'vitest';
import document from '../../openapi/asyncapi.yaml?raw';
import { eventText, knownEventTypes } from './eventText';

/** The schemas that are events, each with the examples that the document gives for its fields. */
function documented(): Map<string, Record<string, unknown>> {
  const found = new Map<string, Record<string, unknown>>();
  const schemas = document.slice(document.indexOf('\n  schemas:'));
  for (const [, name = '', body = ''] of schemas.matchAll(/^ {4}(\w+):\n((?: {6}.*\n?)+)/gm)) {
    if (!body.includes("'#/components/schemas/Event'")) continue;
    const fields: Record<string, unknown> = {};
    for (const [, field = '', example = ''] of body.matchAll(
      /^ {8}(\w+): .*examples: \[(.*)\] \}$/gm,
    )) {
      const bare = example.replace(/^(['"])(.*)\1$/, '$2');
      fields[field] = /^-?\d+(\.\d+)?$/.test(bare)
        ? Number(bare)
        : /^\[(.*)\]$/.test(bare)
          ? [bare.slice(1, -1)].filter((one) => one !== '')
          : bare;
    }
    found.set(name, fields);
  }
  return found;
}

describe('an event in words', () => {
  const kinds = documented();

  it('is there for every kind of the document of the sockets', () => {
    expect(kinds.size).toBeGreaterThan(70); // the document was understood
    expect([...kinds.keys()].filter((kind) => !knownEventTypes.includes(kind))).toEqual([]);
  });

  it('and for no kind that there is not', () => {
    expect(knownEventTypes.filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it.each([...kinds.keys()].map((kind) => [kind]))('%s says something, and no hole', (kind) => {
    const { text } = eventText({
      event_type: kind,
      event_id: 'e',
      position: 1,
      timestamp: '2026-11-25T10:00:00Z',
      data: { error: 'it broke', message: 'half way', status: 'running', level: 'info' },
      ...kinds.get(kind),
    });
    expect(text).not.toBe('');
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  it('of one that this build does not know is empty', () => {
    expect(eventText({ event_type: 'Novel', event_id: 'e', position: 1, timestamp: '' })).toEqual({
      tone: null,
      text: '',
    });
  });
});
