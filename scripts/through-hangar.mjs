// A client of the suite's client scenarios that reaches the scenario's server through a gateway of its own: what the scenario's server
// sees is what the gateway sends. through-hangar.mjs HANGAR CLIENT URL
import { spawn } from 'node:child_process';
import { Kit } from './conformance-kit.mjs';

const [hangar, client, server] = process.argv.slice(2);
const kit = new Kit(hangar);
let status = 1;
try {
  const url = await kit.serve('through', [['scenario', JSON.stringify({ mode: 'remote', endpoint: server })]]);
  const it = spawn(client, [`${url}/mcp/providers/scenario`], { stdio: 'inherit' });
  setTimeout(() => it.kill('SIGKILL'), 40_000).unref(); // before the suite loses its patience, which would leave all of it behind
  status = await new Promise((done) => it.on('close', (code) => done(code ?? 1)));
} catch (error) {
  console.error(`${error}`);
} finally {
  await kit.end();
}
process.exitCode = status;
