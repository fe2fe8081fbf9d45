// What a person's browser has to load, against the limits of the dashboard's issue. The build runs it and fails on it;
// `node scripts/bundle-size.mjs` prints the table for the build that is there.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Kilobytes (1,000 bytes) of gzip. */
export const limits = { firstScript: 230, firstStyle: 35, route: 60, editor: 140 };

const entry = 'app/main.tsx';
const landing = 'features/overview/OverviewPage.tsx';
/** The code editor is asked for by whoever writes JSON or YAML, and by nobody else. */
const editor = 'ui/CodeEditor.tsx';

/** A chunk and everything that it imports statically: what the browser must have before it runs. */
function closure(manifest, key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(manifest, next, seen);
  return seen;
}

/**
 * @param {Record<string, any>} manifest Vite's
 * @param {(file: string) => Promise<number>} gzipped bytes of a file of dist
 */
export async function measure(manifest, gzipped) {
  const kb = async (files) => {
    const sizes = await Promise.all([...new Set(files)].map(gzipped));
    return sizes.reduce((sum, size) => sum + size, 0) / 1000;
  };
  const first = closure(manifest, landing, closure(manifest, entry));
  const scripts = (keys) => keys.map((key) => manifest[key].file);
  const styles = (keys) => keys.flatMap((key) => manifest[key].css ?? []);
  const rows = [
    { what: 'first screen, script', kb: await kb(scripts([...first])), limit: limits.firstScript },
    { what: 'first screen, style', kb: await kb(styles([...first])), limit: limits.firstStyle },
  ];
  for (const [key, chunk] of Object.entries(manifest)) {
    if (!chunk.isDynamicEntry || first.has(key) || !chunk.file.endsWith('.js')) continue;
    const own = [...closure(manifest, key)].filter((one) => !first.has(one));
    const limit = key === editor ? limits.editor : limits.route;
    rows.push({ what: key, kb: await kb(scripts(own)), limit });
  }
  return rows.sort((a, b) => b.kb - a.kb);
}

export const tooLarge = (rows) => rows.filter((row) => row.kb > row.limit);

export const table = (rows) =>
  rows
    .map(({ what, kb, limit }) => `${kb.toFixed(1).padStart(7)} of ${limit} kB  ${what}`)
    .join('\n');

export async function measureDist(dist) {
  const manifest = JSON.parse(await readFile(path.join(dist, '.vite', 'manifest.json'), 'utf8'));
  return measure(manifest, async (file) => gzipSync(await readFile(path.join(dist, file)), { level: 9 }).length);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const rows = await measureDist(path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'frontend', 'dist'));
  console.log(table(rows));
  if (tooLarge(rows).length > 0) process.exit(1);
}
