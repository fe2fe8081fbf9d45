// The official TypeScript client, as an agent uses it: node client.mjs URL PREFIX
// Prints one JSON object with what it saw.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, prefix] = process.argv.slice(2);
const client = new Client({ name: 'e2e', version: '1.0.0' });
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);

const tools = [];
let cursor;
do {
  const page = await client.listTools(cursor ? { cursor } : {});
  tools.push(...page.tools.map((t) => t.name));
  cursor = page.nextCursor;
} while (cursor);

const sum = await client.callTool({ name: `${prefix}get-sum`, arguments: { a: 40, b: 2 } });
const progress = [];
const long = await client.callTool(
  { name: `${prefix}trigger-long-running-operation`, arguments: { duration: 0.4, steps: 4 } },
  undefined,
  { onprogress: (p) => progress.push(p.progress) },
);

const stop = new AbortController();
setTimeout(() => stop.abort('changed my mind'), 200);
let cancelled = '';
try {
  await client.callTool(
    { name: `${prefix}trigger-long-running-operation`, arguments: { duration: 60, steps: 60 } },
    undefined,
    { signal: stop.signal },
  );
} catch (error) {
  cancelled = String(error);
}

const unknown = await client.callTool({ name: `${prefix}no-such-tool`, arguments: {} }).catch((e) => ({ code: e.code, message: e.message }));
await client.ping();
await transport.terminateSession();
await client.close();
console.log(JSON.stringify({ server: client.getServerVersion(), tools, sum: sum.content, progress, long: long.content, cancelled, unknown }));
