/** The same call for other places: a shell, a program. */
import { callPath, type Target } from '../../api/callTool';
import { urlOf } from '../../api/client';
import { isExact } from '../../api/exact';
import { curlOf, quote } from '../../api/send';
import { doorOf } from '../../api/wire';
import { fieldsOf, isRecord, type Schema } from './schema';

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

/** By the official SDK, as a module that Node runs as it stands. */
export function asTypeScript({ target, tool, args }: Call): string {
  const rounded = hasExact(args)
    ? ['// JavaScript has no exact number for an integer beyond 2^53: it rounds the one below.']
    : [];
  return [
    '// npm install @modelcontextprotocol/sdk',
    "import { Client } from '@modelcontextprotocol/sdk/client/index.js';",
    "import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';",
    '',
    "const client = new Client({ name: 'my-client', version: '1.0.0' });",
    'await client.connect(',
    `  new StreamableHTTPClientTransport(new URL(${JSON.stringify(urlOf(doorOf(target)))})),`,
    ');',
    ...rounded,
    'const result = await client.callTool({',
    `  name: ${JSON.stringify(tool)},`,
    `  arguments: ${indented(scriptOf(args), '  ')},`,
    '});',
    'console.log(JSON.stringify(result, null, 2));',
    'await client.close();',
  ].join('\n');
}

/** By the official SDK. */
export function asPython({ target, tool, args }: Call): string {
  return [
    '# pip install "mcp>=2"',
    'import asyncio',
    '',
    'from mcp import Client',
    '',
    '',
    'async def main():',
    `    async with Client(${JSON.stringify(urlOf(doorOf(target)))}) as client:`,
    '        result = await client.call_tool(',
    `            ${JSON.stringify(tool)},`,
    `            ${indented(pythonOf(args), '            ')},`,
    '        )',
    '        print(result.model_dump_json(indent=2))',
    '',
    '',
    'asyncio.run(main())',
  ].join('\n');
}

const indented = (text: string, by: string) => text.replaceAll('\n', `\n${by}`);

/** JSON is JavaScript but for one key, which would name the object's prototype. */
const scriptOf = (value: unknown) =>
  JSON.stringify(value, null, 2).replace(/(?<!\\)"__proto__":/g, '["__proto__"]:');

const words: Record<string, string> = { true: 'True', false: 'False', null: 'None' };

/** Texts and numbers of JSON are Python's, too. */
function pythonOf(value: unknown, margin = ''): string {
  const inner = `${margin}    `;
  const block = ([open, close]: string, parts: readonly string[]) =>
    parts.length === 0
      ? `${open}${close}`
      : `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${margin}${close}`;
  if (Array.isArray(value)) {
    return block(
      '[]',
      value.map((one) => pythonOf(one, inner)),
    );
  }
  if (isRecord(value) && !isExact(value)) {
    return block(
      '{}',
      Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pythonOf(one, inner)}`),
    );
  }
  const text = JSON.stringify(value);
  return words[text] ?? text;
}

const hasExact = (value: unknown): boolean =>
  isExact(value) ||
  (typeof value === 'object' && value !== null && Object.values(value).some(hasExact));
