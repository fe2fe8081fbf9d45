/** What the protocol pane shows, as pure functions. */
import type { WireEntry } from '../../api/wire';
import { isRecord, type Schema } from './schema';

const hidden = '•••';
const secretHeader = /authorization|cookie|token|api-key/i;

/** An entry as text, with what is secret hidden: headers that carry rights, and arguments that are given and never shown. */
export function entryText(entry: WireEntry, schema: Schema): string {
  const headers = Object.entries(entry.headers ?? {}).map(
    ([name, value]) => `${name}: ${secretHeader.test(name) ? hidden : value}`,
  );
  const body =
    entry.body === undefined ? [] : ['', JSON.stringify(masked(entry.body, schema), null, 2)];
  return [...headers, ...body].join('\n').trim();
}

function masked(body: unknown, schema: Schema): unknown {
  if (!isRecord(body)) return body;
  if (isRecord(body.params) && isRecord(body.params.arguments)) {
    return { ...body, params: masked(body.params, schema) };
  }
  return isRecord(body.arguments)
    ? { ...body, arguments: withoutSecrets(body.arguments, schema) }
    : body;
}

function withoutSecrets(value: unknown, schema: Schema): unknown {
  if (schema.writeOnly === true) return hidden;
  if (!isRecord(value) || !isRecord(schema.properties)) return value;
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [name, isRecord(property) ? withoutSecrets(inner, property) : inner];
    }),
  );
}

/** The arguments that go as headers, too: `x-mcp-header` of a top-level property names the header. */
export function mirrorsOf(schema: Schema, args: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const header: unknown = isRecord(property) ? property['x-mcp-header'] : undefined;
    const value = args[name];
    if (typeof header !== 'string' || value === undefined || value === null) continue;
    found[header] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return found;
}
