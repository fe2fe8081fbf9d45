import { isRecord, type Schema } from './schema';

const deepest = 12;

/**
 * The schema as a form can follow it: references into itself are followed, `X or null` is an X that may be null, a choice
 * among constants is an enum, any other union a choice of shapes. What has no plain form (recursion, mixed types) is JSON.
 */
export const plain = (schema: Schema): Schema => simplify(schema, schema, 0);

function simplify(schema: Schema, root: Schema, depth: number): Schema {
  if (!isRecord(schema) || depth > deepest) return {};
  const one = merged(schema, root, depth);
  const next = (inner: unknown) => simplify(inner as Schema, root, depth + 1);
  if ('const' in one) {
    const names = typeof one.title === 'string' ? { enumNames: [one.title] } : {};
    return { ...one, enum: [one.const], default: one.const, ...names };
  }
  const union = one.anyOf ?? one.oneOf;
  if (Array.isArray(union))
    return ofUnion(
      one,
      union.map((inner) => next(inShape(one, inner))),
    );
  const types = Array.isArray(one.type) ? one.type.filter((type) => type !== 'null') : [];
  if (types.length > 1 && one.enum === undefined) return ofUnion(one, typed(one, types).map(next));
  return {
    ...one,
    ...(isRecord(one.properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(one.properties).map(([name, inner]) => [name, next(inner)]),
          ),
        }
      : {}),
    ...(isRecord(one.items) ? { items: next(one.items) } : {}),
    ...(Array.isArray(one.type) && one.type.includes('null') ? { nullable: true } : {}),
  };
}

/** With what it refers to; words beside a reference win over those behind it. */
function merged(schema: Schema, root: Schema, depth: number): Schema {
  let one = schema;
  for (let i = depth; i <= deepest && typeof one.$ref === 'string'; i += 1) {
    const { $ref, ...beside } = one;
    one = { ...lookUp(root, $ref), ...beside };
  }
  if (!Array.isArray(one.allOf) || one.allOf.length !== 1) return one;
  const { allOf, ...beside } = one;
  return merged({ ...allOf[0], ...beside }, root, depth + 1);
}

function lookUp(root: Schema, ref: string): Schema {
  if (!ref.startsWith('#/')) return {};
  let at: unknown = root;
  for (const step of ref.slice(2).split('/')) {
    const name = step.replace(/~1/g, '/').replace(/~0/g, '~');
    at = isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return isRecord(at) ? at : {};
}

function ofUnion(schema: Schema, union: Schema[]): Schema {
  const beside = without(schema, 'anyOf', 'oneOf');
  const some = union.filter((one) => one.type !== 'null');
  const nullable = some.length < union.length || some.some((one) => one.nullable === true);
  const words = nullable ? { ...beside, nullable } : beside;
  const [only] = some;
  if (some.length === 1 && only) return { ...only, ...words };
  if (some.length > 0 && some.every((one) => Array.isArray(one.enum))) {
    const values = some.flatMap((one) => one.enum ?? []);
    const names = some.flatMap((one) => one.enumNames ?? (one.enum ?? []).map(String));
    return { ...words, enum: values, enumNames: names };
  }
  if (some.length < 2) return without(words, 'type', 'properties');
  return {
    ...without(words, 'type', 'properties', 'required', 'additionalProperties'),
    shapes: some,
  };
}

/** `type: [string, integer]` is the union of one shape for each type. */
const typed = (schema: Schema, types: readonly string[]): Schema[] => {
  const nullable = types.length < (schema.type ?? []).length ? [{ type: 'null' }] : [];
  const shape = without(schema, 'type', 'title', 'description', 'default', 'examples');
  return [...types.map((type) => ({ ...shape, type })), ...nullable];
};

/** What stands beside a union holds in each of its shapes: `properties` beside a `oneOf` that only says which are required. */
function inShape(beside: Schema, shape: unknown): unknown {
  if (!isRecord(shape) || beside.properties === undefined) return shape;
  const own: Schema = shape;
  return {
    ...own,
    type: own.type ?? beside.type ?? 'object',
    properties: { ...beside.properties, ...own.properties },
    required: [...(beside.required ?? []), ...(own.required ?? [])],
  };
}

const without = (schema: Schema, ...names: string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
