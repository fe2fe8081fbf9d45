// Reads `go test -json` and prints what a person wants of it: a line for each package, the output of what failed, the
// reason of what was skipped. Writes the counts to the file named by its argument. A test with subtests counts by them.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const packages = new Map();
const outcome = { passed: 0, failed: 0, skipped: 0 };

const packageOf = (name) => {
  if (!packages.has(name)) packages.set(name, { tests: new Map(), output: [] });
  return packages.get(name);
};

function take(event) {
  if (event.Action === 'build-output') return process.stdout.write(event.Output);
  if (!event.Package) return;
  const pkg = packageOf(event.Package);
  const test = event.Test && (pkg.tests.get(event.Test) ?? { output: [], result: 'fail' }); // unfinished is failed
  if (test) pkg.tests.set(event.Test, test);
  switch (event.Action) {
    case 'output':
      (test ?? pkg).output.push(event.Output);
      break;
    case 'pass':
    case 'fail':
    case 'skip':
      if (test) test.result = event.Action;
      else finish(event.Package, pkg, event);
  }
}

function finish(name, pkg, event) {
  const names = [...pkg.tests.keys()];
  const isParent = (test) => names.some((other) => other.startsWith(`${test}/`));
  const count = { pass: 0, fail: 0, skip: 0 };
  for (const [test, { result, output }] of pkg.tests) {
    const noise = /^\s*=== (RUN|PAUSE|CONT|NAME)/;
    if (result !== 'pass')
      process.stdout.write(output.filter((line) => !noise.test(line)).join(''));
    if (!isParent(test)) count[result]++;
  }
  // A package can fail without a failed test: it did not compile, panicked outside of one, or leaked a goroutine.
  if (event.Action === 'fail' && count.fail === 0) count.fail = 1;
  if (event.Action === 'fail') process.stdout.write(pkg.output.join(''));
  outcome.passed += count.pass;
  outcome.failed += count.fail;
  outcome.skipped += count.skip;
  if (names.length === 0 && event.Action !== 'fail') return; // no tests there
  const word = event.Action === 'fail' ? 'FAIL' : 'ok  ';
  const skips = count.skip > 0 ? `, ${count.skip} skipped` : '';
  console.log(
    `${word}  ${name}  ${count.pass} passed, ${count.fail} failed${skips}  ${(event.Elapsed ?? 0).toFixed(1)}s`,
  );
  packages.delete(name);
}

for await (const line of createInterface({ input: process.stdin })) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    console.log(line); // the go command's own words
    continue;
  }
  take(event);
}
writeFileSync(process.argv[2], JSON.stringify(outcome));
