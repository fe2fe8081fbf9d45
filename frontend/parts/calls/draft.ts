/** What is typed into the fields of a schema, and the arguments that it makes. */
import { integerOf, isExact, parseExact } from '../../api/exact';
import { faultOf } from './limits';
import { fieldsOf, isRecord, kindOf, type Schema } from './schema';

/** What is typed: text for simple fields and raw JSON, the rest in its own shape. */
export type Draft = string | boolean | Draft[] | { [name: string]: Draft };

/** What a form starts with: defaults where the schema names them. A shape that is needed starts as the first. */
export function initialDraft(schema: Schema, required = true): Draft {
  const value = schema.default;
  switch (kindOf(schema)) {
    case 'boolean':
      return typeof value === 'boolean' ? value : '';
    case 'array':
      return Array.isArray(value) ? value.map((one) => draftOf(schema.items ?? {}, one)) : [];
    case 'shapes':
      return value === undefined
        ? shapeDraft(schema, schema.nullable || !required ? '' : '0')
        : draftOf(schema, value);
    case 'object':
      if (isRecord(value)) return draftWith(schema, value);
      return Object.fromEntries(
        fieldsOf(schema).map((field) => [
          field.name,
          initialDraft(field.schema, required && field.required),
        ]),
      );
    default:
      return value === undefined ? '' : draftOf(schema, value);
  }
}

/** A default of the whole says some properties; the others keep their own. */
const draftWith = (schema: Schema, value: Record<string, unknown>): Draft =>
  Object.fromEntries(
    fieldsOf(schema).map((field) => [
      field.name,
      value[field.name] === undefined
        ? initialDraft(field.schema, field.required)
        : draftOf(field.schema, value[field.name]),
    ]),
  );

/** A choice of shapes: which one ('' none), and what is typed in it. */
export type ShapeDraft = { shape: string; value: Draft };

export const shapeDraft = (schema: Schema, shape: string): ShapeDraft => {
  const chosen = schema.shapes?.[Number(shape)];
  return { shape, value: shape === '' || !chosen ? '' : initialDraft(chosen) };
};

export const asShape = (draft: Draft): ShapeDraft =>
  isRecord(draft) && typeof draft.shape === 'string'
    ? { shape: draft.shape, value: draft.value ?? '' }
    : { shape: '', value: '' };

/** A draft that shows these arguments. */
export const draftFrom = (schema: Schema, args: Record<string, unknown>): Draft =>
  draftOf(schema, args);

function draftOf(schema: Schema, value: unknown): Draft {
  const kind = kindOf(schema);
  if (kind === 'shapes') {
    const { shapes = [] } = schema;
    const at = value === undefined ? -1 : shapes.findIndex((one) => fits(one, value));
    return {
      shape: at < 0 ? '' : String(at),
      value: at < 0 ? '' : draftOf(shapes[at] ?? {}, value),
    };
  }
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

/** Whether the fields can show all of a value: what they cannot must not be lost by showing them. */
export function shows(schema: Schema, value: unknown): boolean {
  if (value === undefined) return true;
  switch (kindOf(schema)) {
    case 'shapes':
      return (
        (value === null && schema.nullable === true) ||
        (schema.shapes ?? []).some((one) => fits(one, value))
      );
    case 'object': {
      if (!isRecord(value)) return false;
      const named = new Map(fieldsOf(schema).map((field) => [field.name, field.schema]));
      return Object.entries(value).every(([name, inner]) => {
        const of = named.get(name);
        return of !== undefined && shows(of, inner);
      });
    }
    case 'array':
      return Array.isArray(value) && value.every((one) => shows(schema.items ?? {}, one));
    default:
      return true;
  }
}

/** Whether a value could have been made with a shape: its form can show it, and finds nothing wrong with it. */
function fits(shape: Schema, value: unknown): boolean {
  const told = typeof value;
  switch (kindOf(shape)) {
    case 'string':
      if (told !== 'string') return false;
      break;
    case 'number':
    case 'integer':
      if (told !== 'number' && !isExact(value)) return false;
      break;
    case 'boolean':
      return told === 'boolean';
    case 'enum':
      return shape.enum?.includes(value) ?? false;
    case 'array':
      if (!Array.isArray(value)) return false;
      break;
    case 'object': {
      if (!isRecord(value)) return false;
      const named = fieldsOf(shape);
      const all = Object.keys(value).every((key) => named.some(({ name }) => name === key));
      if (!all || named.some((one) => one.required && value[one.name] === undefined)) return false;
      break;
    }
    default:
      return true;
  }
  return Object.keys(build(shape, draftOf(shape, value)).problems).length === 0;
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
    case 'shapes': {
      const { shape, value } = asShape(draft);
      const chosen = shape === '' ? undefined : schema.shapes?.[Number(shape)];
      if (chosen) return build(chosen, value, true, path);
      if (!required) return { value: undefined, problems };
      return schema.nullable ? { value: null, problems } : add('Choose one');
    }
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
