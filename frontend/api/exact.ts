/** Numbers beyond 2^53 as they were written: a double would change their last digits without a word. */

type Source = { source?: string };
type ExactJson = {
  rawJSON?: (text: string) => unknown;
  parse: (
    text: string,
    reviver: (key: string, value: unknown, context?: Source) => unknown,
  ) => unknown;
};

const exact = JSON as unknown as ExactJson;

const isRounded = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);

/** JSON.parse, and what it would round stays what it was (JSON.stringify writes it so); where a browser cannot do that, it is refused. */
export const parseExact = (text: string): unknown =>
  exact.parse(text, (_, value, context) => {
    if (!isRounded(value)) return value;
    if (context?.source === undefined || !exact.rawJSON) {
      throw new SyntaxError('it has an integer that this browser would round');
    }
    return exact.rawJSON(context.source);
  });

/** For what came from elsewhere: exact where this browser can, and readable where it cannot. */
export function readExact(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return JSON.parse(text);
  }
}

/** Whether a value stands for an integer as it was written. */
export const isExact = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === null &&
  'rawJSON' in value;

/** The integer that was typed; null where this browser could only send another one. */
export function integerOf(text: string): unknown {
  const value = Number(text);
  if (!isRounded(value)) return value;
  const digits = text.trim().replace(/^\+/, '');
  if (!exact.rawJSON || !/^-?(0|[1-9]\d*)$/.test(digits)) return null;
  return exact.rawJSON(digits);
}
