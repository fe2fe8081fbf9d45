// What streaming.ts is for, once each; prints what came of the work.
import { Hangar, ProgressTracker, ResultCache } from './streaming.js';

const warnings: string[] = [];
const hangar = new Hangar({ warn: (message) => warnings.push(message) });
const cache = new ResultCache<number>();

async function agent(fails: boolean): Promise<number> {
  return hangar.stream('process_data', { language: 'TypeScript' }, async (operation) => {
    await operation.progress(0.2, 'Loading data', { rows: 3 });
    await operation.status('processing', 'Adding');
    await operation.log('info', 'three rows');
    if (fails) throw new RangeError('too many rows');
    return 6;
  });
}

async function steps(): Promise<string> {
  const operation = await hangar.create('multi_step');
  const tracker = new ProgressTracker(operation, 2);
  await tracker.step('one');
  await tracker.step('two');
  await tracker.step('three, which was not announced');
  await tracker.complete({ steps: 3 });
  return (await operation.log('info', 'too late')) ? 'taken' : 'left out';
}

async function cached(): Promise<number> {
  const before = cache.get('op:x');
  if (before !== undefined) return before;
  const value = await hangar.stream('cached', {}, () => Promise.resolve(7));
  cache.set('op:x', value);
  return value;
}

const failure = await agent(true).catch((error: unknown) => String(error));
const results = [await agent(false), failure, await steps(), await cached(), await cached()];
console.log(JSON.stringify({ results, warnings: warnings.length }));
