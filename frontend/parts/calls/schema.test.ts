import { describe, expect, it } from 'vitest';
import { parseExact, readExact } from '../../api/exact';
import { plain } from './plain';
import { build, draftFrom, initialDraft, shows } from './draft';
import { fieldsOf, kindOf, shapeName, type Schema } from './schema';

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
    any: { anyOf: [{ type: 'string' }] },
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
    expect(initialDraft(schema)).toMatchObject({ name: '', ratio: '0.5', dry: '', tags: [] });
  });

  it('sends a boolean that was touched, has a default or is required, and no other', () => {
    const flags = (more: object): Schema => ({
      properties: { on: { type: 'boolean' } },
      type: 'object',
      ...more,
    });
    expect(build(flags({}), initialDraft(flags({}))).value).toEqual({});
    expect(build(flags({}), { on: false }).value).toEqual({ on: false });
    expect(build(flags({ required: ['on'] }), { on: '' }).value).toEqual({ on: false });
    const usual = flags({ properties: { on: { type: 'boolean', default: false } } });
    expect(build(usual, initialDraft(usual)).value).toEqual({ on: false });
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

const say = (property: Schema, text: string) =>
  build({ type: 'object', required: ['it'], properties: { it: property } }, { it: text });

describe('what is checked before it is sent', () => {
  it.each<[string, Schema, string, string]>([
    ['a text that is too short', { type: 'string', minLength: 3 }, 'ab', 'At least 3 characters'],
    ['a text that is too long', { type: 'string', maxLength: 1 }, 'ab', 'At most 1 character'],
    ['a text of another pattern', { type: 'string', pattern: '^a+$' }, 'b', 'Must match ^a+$'],
    ['a number at an open bound', { type: 'number', exclusiveMinimum: 0 }, '0', 'More than 0'],
    ['a number over an open bound', { type: 'number', exclusiveMaximum: 5 }, '5', 'Less than 5'],
    ['a number between steps', { type: 'integer', multipleOf: 5 }, '7', 'A multiple of 5'],
  ])('refuses %s', (_, property, text, reason) => {
    expect(say(property, text).problems).toEqual({ it: reason });
  });

  it('counts characters, not halves of them, and leaves a pattern that is none to the server', () => {
    expect(say({ type: 'string', maxLength: 1 }, '😀').problems).toEqual({});
    expect(say({ type: 'string', pattern: '(' }, 'x').problems).toEqual({});
    expect(say({ type: 'number', multipleOf: 0.1 }, '0.3').problems).toEqual({});
  });

  it('refuses a list with too few items, at the list', () => {
    const list: Schema = {
      type: 'object',
      required: ['it'],
      properties: { it: { type: 'array', minItems: 1, items: { type: 'string' } } },
    };
    expect(build(list, { it: [] }).problems).toEqual({ it: 'At least 1 item' });
  });

  it('keeps integers exact that a double would round, or refuses them', () => {
    const big = '9007199254740993';
    const made = say({ type: 'integer' }, big);
    if ('rawJSON' in JSON) {
      expect(JSON.stringify(made.value)).toBe(`{"it":${big}}`);
      expect(JSON.stringify(parseExact(`{"it":[${big}]}`))).toBe(`{"it":[${big}]}`);
    } else {
      expect(made.problems.it).toMatch(/^Too large/);
      expect(() => parseExact(`{"it":[${big}]}`)).toThrow(/would round/);
    }
    expect(parseExact('{"a":9007199254740991}')).toEqual({ a: 9007199254740991 });
    const read = JSON.stringify(readExact(`{"it":${big}}`));
    expect(read).toBe('rawJSON' in JSON ? `{"it":${big}}` : '{"it":9007199254740992}');
    expect(() => readExact('{"it":')).toThrow(SyntaxError);
  });
});

describe('a schema as a form can follow it', () => {
  it('follows references, takes null as an option, constants as a choice', () => {
    const made = plain({
      type: 'object',
      $defs: { city: { type: 'object', properties: { name: { type: 'string' } } } },
      properties: {
        where: { $ref: '#/$defs/city', title: 'Where' },
        maybe: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
        size: { oneOf: [{ const: 's' }, { const: 'm' }] },
        either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        fixed: { const: 7 },
      },
    } as Schema);
    const kinds = Object.fromEntries(fieldsOf(made).map((field) => [field.name, field.kind]));
    expect(kinds).toEqual({
      where: 'object',
      maybe: 'integer',
      size: 'enum',
      either: 'shapes',
      fixed: 'enum',
    });
    expect(made.properties?.where?.title).toBe('Where');
    expect(build(made, initialDraft(made)).value).toMatchObject({ fixed: 7 });
    expect(build(made.properties?.maybe ?? {}, '').value).toBeNull();
  });

  it('takes mixed types as shapes, and gives constants the words of their titles', () => {
    const made = plain({ type: ['string', 'integer', 'null'], title: 'Port' });
    expect(made.shapes?.map(shapeName)).toEqual(['string', 'integer']);
    expect([made.title, made.nullable]).toEqual(['Port', true]);
    const seat = plain({ oneOf: [{ const: 'w', title: 'Window' }, { const: 'a' }] });
    expect([seat.enum, seat.enumNames]).toEqual([
      ['w', 'a'],
      ['Window', 'a'],
    ]);
  });

  it('ends where a schema refers to itself', () => {
    const tree: Schema = { type: 'object', properties: { child: { $ref: '#' } } };
    expect(fieldsOf(plain(tree))).toHaveLength(1);
    expect(plain({ $ref: '#' })).toEqual({});
  });
});

describe('a choice of shapes', () => {
  const order = plain({
    type: 'object',
    required: ['delivery'],
    properties: {
      delivery: {
        oneOf: [
          {
            title: 'By post',
            type: 'object',
            required: ['street'],
            properties: { street: { type: 'string' }, days: { type: 'integer', default: 3 } },
          },
          { type: 'object', required: ['shop'], properties: { shop: { type: 'integer' } } },
          { type: 'string' },
        ],
      },
      count: { anyOf: [{ type: 'integer' }, { type: 'boolean' }] },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }], default: 'none' },
    },
  });

  it('starts as the first that is needed, with its defaults, and leaves out what is not', () => {
    expect(initialDraft(order)).toEqual({
      delivery: { shape: '0', value: { street: '', days: '3' } },
      count: { shape: '', value: '' },
      note: 'none',
    });
    const typed = { delivery: { shape: '0', value: { street: 'Main', days: '3' } }, count: '' };
    expect(build(order, typed).value).toEqual({ delivery: { street: 'Main', days: 3 } });
  });

  it('says what is missing at the field of the shape, or that one is to be chosen', () => {
    expect(build(order, { delivery: { shape: '1', value: { shop: 'x' } } }).problems).toEqual({
      'delivery/shop': 'Not a number',
    });
    expect(build(order, { delivery: { shape: '', value: '' } }).problems).toEqual({
      delivery: 'Choose one',
    });
  });

  it('finds the shape that arguments have, and loses none that have no shape', () => {
    const args = { delivery: { shop: 7 }, count: true };
    expect(build(order, draftFrom(order, args)).value).toEqual(args);
    expect(build(order, draftFrom(order, { delivery: 'a@b.test' })).value).toEqual({
      delivery: 'a@b.test',
    });
    expect(shows(order, args)).toBe(true);
    expect(shows(order, { delivery: { elsewhere: 1 } })).toBe(false);
    expect(shows(order, { delivery: 'x', unknown: 1 })).toBe(false);
  });

  it('has words for each', () => {
    expect(order.properties?.delivery?.shapes?.map(shapeName)).toEqual([
      'By post',
      'object, form 2',
      'string',
    ]);
  });

  it('keeps in each shape what stands beside them', () => {
    const made = plain({
      type: 'object',
      properties: { id: { type: 'integer' }, name: { type: 'string' } },
      oneOf: [{ required: ['id'] }, { required: ['name'] }],
    });
    expect(made.shapes?.map((one) => [one.required, Object.keys(one.properties ?? {})])).toEqual([
      [['id'], ['id', 'name']],
      [['name'], ['id', 'name']],
    ]);
  });
});
