import type { Schema } from './schema';

const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;

/** What a schema's limits say against a value of its type; null: nothing. */
export function faultOf(
  schema: Schema,
  value: string | number | readonly unknown[],
): string | null {
  if (typeof value === 'number') return ofNumber(schema, value);
  const isText = typeof value === 'string';
  const size = isText ? Array.from(value).length : value.length;
  const [least, most, word] = isText
    ? [schema.minLength, schema.maxLength, 'character']
    : [schema.minItems, schema.maxItems, 'item'];
  if (least !== undefined && size < least) return `At least ${count(least, word)}`;
  if (most !== undefined && size > most) return `At most ${count(most, word)}`;
  return isText && !fits(schema.pattern, value) ? `Must match ${schema.pattern}` : null;
}

function ofNumber(schema: Schema, value: number): string | null {
  const { minimum, maximum, exclusiveMinimum: over, exclusiveMaximum: under, multipleOf } = schema;
  if (minimum !== undefined && value < minimum) return `At least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `At most ${maximum}`;
  if (over !== undefined && value <= over) return `More than ${over}`;
  if (under !== undefined && value >= under) return `Less than ${under}`;
  if (multipleOf !== undefined && multipleOf > 0) {
    const steps = value / multipleOf;
    if (Math.abs(steps - Math.round(steps)) > 1e-9 * Math.max(1, Math.abs(steps)))
      return `A multiple of ${multipleOf}`;
  }
  return null;
}

/** A pattern that this browser does not understand is the server's to judge. */
function fits(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}
