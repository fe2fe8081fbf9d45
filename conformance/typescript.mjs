// Drives an official TypeScript client, as main.go does the Go clients: typescript.mjs 1|2, a plan on stdin, what was seen on
// stdout. It stands beside the node_modules that have both.
import { text } from 'node:stream/consumers';

const newer = '2026-07-28';
const second = process.argv[2] === '2';
const { Client, StreamableHTTPClientTransport, StdioClientTransport } = second
  ? { ...(await import('@modelcontextprotocol/client')), ...(await import('@modelcontextprotocol/client/stdio')) }
  : {
      ...(await import('@modelcontextprotocol/sdk/client/index.js')),
      ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
      ...(await import('@modelcontextprotocol/sdk/client/stdio.js')),
    };

async function pages(list, key) {
  const all = [];
  let cursor;
  do {
    const page = await list(cursor ? { cursor } : {});
    all.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

async function visit(target, seen) {
  const options = second ? { versionNegotiation: { mode: target.era === newer ? { pin: newer } : 'legacy' } } : {};
  const client = new Client({ name: 'conformance', version: '1' }, options);
  const way = target.url
    ? new StreamableHTTPClientTransport(new URL(target.url))
    : new StdioClientTransport({ command: target.command[0], args: target.command.slice(1), env: { ...process.env, ...target.env }, stderr: 'ignore' });
  try {
    await client.connect(way);
    seen.spoke = second ? client.getNegotiatedProtocolVersion() : (way.protocolVersion ?? '');
    const can = client.getServerCapabilities();
    if (can.tools) seen.tools = await pages((p) => client.listTools(p), 'tools');
    if (can.resources) {
      seen.resources = await pages((p) => client.listResources(p), 'resources');
      seen.templates = await pages((p) => client.listResourceTemplates(p), 'resourceTemplates').catch((error) => {
        if (error.code !== -32601) throw error; // a server need not have any, and one of them does not know the word
        return [];
      });
    }
    if (can.prompts) seen.prompts = await pages((p) => client.listPrompts(p), 'prompts');
    for (const { tool, arguments: args } of target.calls) seen.answers.push(await client.callTool({ name: tool, arguments: args }));
    if (target.era !== newer) await client.ping(); // which has none
  } finally {
    await client.close();
  }
}

const all = [];
for (const target of JSON.parse(await text(process.stdin))) {
  const seen = { name: target.name, era: target.era, spoke: '', tools: [], resources: [], templates: [], prompts: [], answers: [] };
  await visit(target, seen).catch((error) => (seen.problem = `${error}`));
  all.push(seen);
}
process.stdout.write(JSON.stringify(all), () => process.exit(0));
