import { describe, expect, it } from 'vitest';
import { build, fieldsOf, initialDraft, kindOf, type Schema } from './schema';

const schema: Schema = {
  type: 'object',
  required: ['name', 'count', 'tags'],
  properties: {
    name: { type: 'string' },
    count: { type: 'integer', minimum: 1 },
    ratio: { type: 'number', default: 0.5 },
    dry: { type: 'boolean' },
    size: { enum: ['s', 'm', 3] },
    tags: { type: 'array', items: { type: 'string' } },
    where: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    any: { anyOf: [{ type: 'string' }] } as Schema,
  },
};

const draft = (change: object) => ({ ...(initialDraft(schema) as object), ...change });

describe('a form from a JSON Schema', () => {
  it('finds the kind of each field', () => {
    const kinds = Object.fromEntries(fieldsOf(schema).map((field) => [field.name, field.kind]));
    expect(kinds).toEqual({
      name: 'string',
      count: 'integer',
      ratio: 'number',
      dry: 'boolean',
      size: 'enum',
      tags: 'array',
      where: 'object',
      any: 'json',
    });
    expect(kindOf({ type: ['string', 'null'] })).toBe('string');
    expect(kindOf({})).toBe('json');
  });

  it('starts with the defaults', () => {
    expect(initialDraft(schema)).toMatchObject({ name: '', ratio: '0.5', dry: false, tags: [] });
  });

  it('builds typed arguments and leaves out what was left empty', () => {
    const built = build(
      schema,
      draft({ name: 'x', count: '3', size: '3', tags: ['a', 'b'], any: '{"y":1}' }),
    );
    expect(built).toEqual({
      problems: {},
      value: {
        name: 'x',
        count: 3,
        ratio: 0.5,
        dry: false,
        size: 3,
        tags: ['a', 'b'],
        any: { y: 1 },
      },
    });
  });

  it('says at each field what is missing or wrong', () => {
    const built = build(
      schema,
      draft({ count: '0.5', ratio: 'much', any: '{', where: { city: 'Ulm' } }),
    );
    expect(built.problems).toEqual({
      name: 'Needed',
      count: 'Not a whole number',
      ratio: 'Not a number',
      any: 'Not valid JSON',
    });
  });

  it('keeps limits and reaches into lists', () => {
    expect(build(schema, draft({ name: 'x', count: '0', tags: ['a', ''] })).problems).toEqual({
      count: 'At least 1',
      'tags/1': 'Needed',
    });
  });

  it('sends an empty list where one is required', () => {
    expect(build(schema, draft({ name: 'x', count: '1' })).value).toMatchObject({ tags: [] });
  });
});
