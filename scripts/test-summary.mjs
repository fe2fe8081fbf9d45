// The end of `make test`: what each step did, then one plain line that sums the tests. A step that failed without a failed
// test (a linter, a suite that never started) counts as one failure, so that the line is red when the run is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
const suites = {
  'tests: go': ['go.json', (r) => r],
  'tests: postgresql': ['postgres.json', (r) => r],
  'tests: dashboard': [
    'vitest.json',
    (r) => ({
      passed: r.numPassedTests,
      failed: r.numFailedTests,
      skipped: r.numPendingTests + r.numTodoTests,
    }),
  ],
  'tests: browser': [
    'playwright.json',
    // A test that passes only when tried again has failed.
    ({ stats }) => ({
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky,
      skipped: stats.skipped,
    }),
  ],
};

function counts(step) {
  const [file, read] = suites[step] ?? [];
  const at = file && path.join(dir, file);
  if (!at || !existsSync(at)) return { passed: 0, failed: 0, skipped: 0 };
  return read(JSON.parse(readFileSync(at, 'utf8')));
}

const total = { passed: 0, failed: 0, skipped: 0 };
const steps = readFileSync(path.join(dir, 'steps.tsv'), 'utf8').trim().split('\n');
console.log('');
for (const row of steps) {
  const [step, status, seconds] = row.split('\t');
  const c = counts(step);
  if (status !== '0' && c.failed === 0) c.failed = 1;
  if (status === '0' && step in suites && c.passed === 0) c.failed += 1; // a suite without a test proves nothing
  for (const key of Object.keys(total)) total[key] += c[key];
  const tests =
    step in suites ? `  ${c.passed} passed, ${c.failed} failed, ${c.skipped} skipped` : '';
  console.log(`${c.failed > 0 ? 'FAIL' : 'ok  '}  ${step}  ${seconds}s${tests}`);
}
const refused = process.env.HANGAR_NO_SKIPS === '1' && total.skipped > 0;
if (refused) console.log('\nskipped tests are not allowed here (HANGAR_NO_SKIPS=1)');
const line = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
console.log(`\n${line}`);
writeFileSync(path.join(dir, 'summary.txt'), `${line}\n`); // for .ci/run: make has a last word of its own on failure
process.exitCode = total.failed > 0 || refused ? 1 : 0;
