/** From a JSON Schema to the fields of a form, and from what was typed back to arguments. */

import { shown } from '../../ui/shown';
import { integerOf, parseExact } from '../../api/exact';
import { faultOf } from './limits';

export type Schema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  /** May be null beside what it is; ours, from `plain`. */
  nullable?: boolean;
  /** Given and never shown again. */
  writeOnly?: boolean;
  examples?: unknown[];
  /** The header that says the argument, too. */
  'x-mcp-header'?: string;
  /** Where among its siblings it stands; a JSON object has no order of its own. */
  'x-order'?: number;
};

export type Kind =
  'string' | 'number' | 'integer' | 'boolean' | 'enum' | 'array' | 'object' | 'json';

export type Field = {
  name: string;
  label: string;
  kind: Kind;
  required: boolean;
  description: string;
  schema: Schema;
};

/** What is typed: text for simple fields and raw JSON, the rest in its own shape. */
export type Draft = string | boolean | Draft[] | { [name: string]: Draft };

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema of unknown origin; whatever it is not becomes "anything". */
export const asSchema = (value: unknown): Schema => (isRecord(value) ? value : {});

/** Anything without a plain form (anyOf, $ref, tuples, mixed types) is typed as JSON. */
export function kindOf(schema: Schema): Kind {
  if (Array.isArray(schema.enum) && schema.enum.every((one) => typeof one !== 'object'))
    return 'enum';
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(
    (one) => one !== 'null',
  );
  if (types.length !== 1) return 'json';
  switch (types[0]) {
    case 'string':
    case 'number':
    case 'integer':
    case 'boolean':
      return types[0];
    case 'array':
      return schema.items ? 'array' : 'json';
    case 'object':
      return schema.properties ? 'object' : 'json';
    default:
      return 'json';
  }
}

export function fieldsOf(schema: Schema): Field[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const property = asSchema(value);
    return {
      name,
      label: shown(wordsIn(property.title) || name),
      kind: kindOf(property),
      required: required.has(name),
      description: shown(wordsIn(property.description)),
      schema: property,
    };
  });
  return fields.sort((a, b) => orderOf(a) - orderOf(b));
}

/** A title that is no text says nothing. */
const wordsIn = (value: unknown): string => (typeof value === 'string' ? value : '');

const orderOf = ({ schema }: Field) => schema['x-order'] ?? Number.MAX_SAFE_INTEGER;

/** What a form starts with: defaults where the schema names them. */
export function initialDraft(schema: Schema): Draft {
  const value = schema.default;
  switch (kindOf(schema)) {
    case 'boolean':
      return typeof value === 'boolean' ? value : '';
    case 'array':
      return Array.isArray(value) ? value.map((one) => draftOf(schema.items ?? {}, one)) : [];
    case 'object':
      return Object.fromEntries(
        fieldsOf(schema).map((field) => [field.name, initialDraft(field.schema)]),
      );
    default:
      return value === undefined ? '' : draftOf(schema, value);
  }
}

/** A draft that shows these arguments. */
export const draftFrom = (schema: Schema, args: Record<string, unknown>): Draft =>
  draftOf(schema, args);

function draftOf(schema: Schema, value: unknown): Draft {
  const kind = kindOf(schema);
  if (kind === 'boolean') return typeof value === 'boolean' ? value : '';
  if (kind === 'array' && Array.isArray(value)) {
    return value.map((one) => draftOf(schema.items ?? {}, one));
  }
  if (kind === 'object' && isRecord(value)) {
    return Object.fromEntries(
      fieldsOf(schema).map((field) => [field.name, draftOf(field.schema, value[field.name])]),
    );
  }
  if (value === undefined || (value === null && schema.nullable)) return '';
  return typeof value === 'string' && kind !== 'json' ? value : JSON.stringify(value);
}

/** Where in the form a message belongs: `filters/0/name`. */
export type Problems = Record<string, string>;

export type Built = { value: unknown; problems: Problems };

/** Arguments from a draft. Optional fields that were left empty are left out: absent and "" differ for a tool. */
export function build(schema: Schema, draft: Draft, required = true, path = ''): Built {
  const problems: Problems = {};
  const add = (message: string): Built => ({ value: undefined, problems: { [path]: message } });
  switch (kindOf(schema)) {
    case 'boolean':
      // Never touched is not false: the tool's own default holds.
      return { value: draft === '' && !required ? undefined : draft === true, problems };
    case 'array': {
      const items = Array.isArray(draft) ? draft : [];
      if (items.length === 0 && !required) return { value: undefined, problems };
      const fault = faultOf(schema, items);
      if (fault) problems[path] = fault;
      const built = items.map((item, i) =>
        build(schema.items ?? {}, item, true, at(path, String(i))),
      );
      return {
        value: built.map((one) => one.value),
        problems: Object.assign(problems, ...built.map((one) => one.problems)) as Problems,
      };
    }
    case 'object': {
      if (!required && untouched(draft)) return { value: undefined, problems };
      const value: Record<string, unknown> = {};
      const typed = isRecord(draft) ? (draft as Record<string, Draft>) : {};
      for (const field of fieldsOf(schema)) {
        const part = build(
          field.schema,
          typed[field.name] ?? '',
          field.required,
          at(path, field.name),
        );
        Object.assign(problems, part.problems);
        if (part.value !== undefined) value[field.name] = part.value;
      }
      return { value, problems };
    }
    default:
      return scalar(schema, typeof draft === 'string' ? draft : '', required, add);
  }
}

/** An optional part in which nothing was typed is not a part with everything missing. */
const untouched = (draft: Draft): boolean =>
  typeof draft === 'object'
    ? Object.values(draft).every(untouched)
    : draft === '' || draft === false;

const at = (path: string, name: string) => (path === '' ? name : `${path}/${name}`);

function scalar(
  schema: Schema,
  text: string,
  required: boolean,
  add: (message: string) => Built,
): Built {
  if (text === '' && required && schema.nullable) return { value: null, problems: {} };
  if (text === '') return required ? add('Needed') : { value: undefined, problems: {} };
  const fine = (value: unknown): Built => ({ value, problems: {} });
  switch (kindOf(schema)) {
    case 'string': {
      const fault = faultOf(schema, text);
      return fault ? add(fault) : fine(text);
    }
    case 'enum':
      return fine(schema.enum?.find((one) => String(one) === text) ?? text);
    case 'integer':
    case 'number': {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value)) return add('Not a number');
      if (kindOf(schema) === 'integer' && !Number.isInteger(value))
        return add('Not a whole number');
      const fault = faultOf(schema, value);
      if (fault) return add(fault);
      const exact = integerOf(text);
      return exact === null ? add('Too large to be sent exactly from a browser') : fine(exact);
    }
    default:
      try {
        return fine(parseExact(text));
      } catch {
        return add('Not valid JSON');
      }
  }
}
