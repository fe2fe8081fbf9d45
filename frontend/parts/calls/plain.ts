import { isRecord, type Schema } from './schema';

const deepest = 12;

/**
 * The schema as a form can follow it: references into itself are followed, `X or null` is an X that may be null, a choice
 * among constants is an enum. What has no plain form (unions of shapes, recursion) comes out without a type: JSON.
 */
export const plain = (schema: Schema): Schema => simplify(schema, schema, 0);

function simplify(schema: Schema, root: Schema, depth: number): Schema {
  if (!isRecord(schema) || depth > deepest) return {};
  const one = merged(schema, root, depth);
  const next = (inner: unknown) => simplify(inner as Schema, root, depth + 1);
  if ('const' in one) return { ...one, enum: [one.const], default: one.const };
  const union = one.anyOf ?? one.oneOf;
  if (Array.isArray(union)) return ofUnion(one, union.map(next));
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
    return { ...words, enum: some.flatMap((one) => one.enum ?? []) };
  }
  return without(words, 'type', 'properties');
}

const without = (schema: Schema, ...names: string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
