/// <reference types="vitest/config" />
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { measureDist, table, tooLarge } from './scripts/bundle-size.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, 'frontend');
const outDir = path.join(root, 'dist');

const swaggerFiles = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
];

/** The Go binary serves a `.gz` twin where one exists; below this size the headers eat the gain. */
const gzipFromBytes = 1024;
const gzipAsync = promisify(gzip);

/**
 * Finishes dist for the Go embed, after Vite has emptied and written it: Swagger UI beside the dashboard (its own docs
 * would load from a CDN), compressed twins, and the placeholder that lets a fresh clone compile.
 */
function embedReady(): Plugin {
  return {
    name: 'hangar-embed-ready',
    apply: 'build',
    async closeBundle() {
      const swagger = path.join(outDir, 'vendor', 'swagger-ui');
      await mkdir(swagger, { recursive: true });
      const from = path.join(here, 'node_modules', 'swagger-ui-dist');
      await Promise.all(
        swaggerFiles.map((name) => copyFile(path.join(from, name), path.join(swagger, name))),
      );

      const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
      await Promise.all(
        entries
          .filter((entry) => entry.isFile() && /\.(js|css|svg)$/.test(entry.name))
          .map((entry) => compress(path.join(entry.parentPath, entry.name))),
      );
      await writeFile(path.join(outDir, '.gitkeep'), '');
    },
  };
}

/** What a browser has to load has limits; a build beyond them is no build. */
function withinLimits(): Plugin {
  return {
    name: 'hangar-within-limits',
    apply: 'build',
    async closeBundle() {
      const rows = await measureDist(outDir);
      const over = tooLarge(rows);
      if (over.length > 0) this.error(`larger than allowed:\n${table(over)}`);
    },
  };
}

async function compress(file: string) {
  const content = await readFile(file);
  if (content.length <= gzipFromBytes) return;
  await writeFile(`${file}.gz`, await gzipAsync(content, { level: 9 }));
}

export default defineConfig({
  root,
  // Relative URLs plus <base href> in the shell: one build serves every base path.
  base: './',
  publicDir: path.join(root, 'public'),
  plugins: [react(), embedReady(), withinLimits()],
  build: {
    outDir,
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    rolldownOptions: { input: path.join(root, 'app', 'main.tsx') },
  },
  // The Go server renders the shell in development too and points at this origin, so modules load across origins.
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    origin: 'http://127.0.0.1:5173',
    cors: { origin: /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/ },
  },
  test: {
    environment: 'happy-dom',
    environmentOptions: { happyDOM: { url: 'http://hangar.test/' } },
    setupFiles: [path.join(root, 'testing', 'setup.ts')],
    include: ['**/*.test.{ts,tsx}'],
    exclude: ['e2e/**', 'dist/**', '**/node_modules/**'],
    restoreMocks: true,
    // Mantine is read once for each core, not once for each file; what a test leaves behind, testing/setup.ts takes away.
    pool: 'threads',
    maxWorkers: '100%',
    isolate: false,
    testTimeout: 30_000, // a busy machine is no failure
    css: false,
  },
});
