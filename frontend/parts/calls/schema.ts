/** From a JSON Schema to the fields of a form, and from what was typed back to arguments. */

import { shown } from '../../ui/shown';

export type Schema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  /** Words for the values of `enum`, in their order (MCP's elicitation; of a choice among constants by `plain`). */
  enumNames?: string[];
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
  /** One of these; ours, from `plain`. */
  shapes?: Schema[];
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
  'string' | 'number' | 'integer' | 'boolean' | 'enum' | 'array' | 'object' | 'shapes' | 'json';

export type Field = {
  name: string;
  label: string;
  kind: Kind;
  required: boolean;
  description: string;
  schema: Schema;
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema of unknown origin; whatever it is not becomes "anything". */
export const asSchema = (value: unknown): Schema => (isRecord(value) ? value : {});

/** Anything without a plain form (recursion, tuples, mixed types) is typed as JSON. */
export function kindOf(schema: Schema): Kind {
  if (schema.shapes !== undefined) return 'shapes';
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

/** The words for a shape of a union: its title, what it says it is, its type. */
export function shapeName(shape: Schema, place: number): string {
  const title = wordsIn(shape.title);
  if (title !== '') return shown(title);
  const constant = Object.values(shape.properties ?? {}).find(
    (one) => asSchema(one).const !== undefined,
  );
  if (typeof constant?.const === 'string') return shown(constant.const);
  const type = typeof shape.type === 'string' ? shape.type : 'JSON';
  return type === 'object' || type === 'JSON' ? `${type}, form ${place + 1}` : type;
}
