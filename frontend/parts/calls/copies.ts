/** The same call for other places: a shell, a program. */
import { callPath, type Target } from '../../api/callTool';
import { urlOf } from '../../api/client';
import { curlOf, quote } from '../../api/send';
import { fieldsOf, type Schema } from './schema';

type Call = { target: Target; tool: string; args: Record<string, unknown>; schema: Schema };

export function asCurl({ target, tool, args }: Call): string {
  return curlOf({ method: 'POST', path: callPath(target, tool), body: { arguments: args } });
}

/** `hangar call` (docs/cli.md); it calls providers, not groups, so those have none. */
export function asCli({ target, tool, args, schema }: Call): string | null {
  if (target.kind !== 'provider') return null;
  const words = ['hangar', 'call', '--url', urlOf('.').replace(/\/$/, ''), target.id, tool];
  const entries = Object.entries(args);
  // What the command line would take for an operator of its own goes in as JSON.
  if (entries.some(([key]) => !/^\w[\w.-]*$/.test(key))) {
    return `printf %s ${quote(JSON.stringify(args))} | ${words.map(quote).join(' ')} -`;
  }
  const texts = new Set(
    fieldsOf(schema)
      .filter((field) => field.kind === 'string')
      .map((field) => field.name),
  );
  for (const [key, value] of entries) {
    words.push(
      typeof value === 'string' && texts.has(key)
        ? `${key}=${value}`
        : `${key}:=${JSON.stringify(value)}`,
    );
  }
  return words.map(quote).join(' ');
}

/** The request of MCP itself, as /mcp/providers/{id} takes it. */
export function asMcp({ tool, args }: Call): string {
  return JSON.stringify(
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } },
    null,
    2,
  );
}
