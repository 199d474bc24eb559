// Makes the bench's page and workers out of their sources and the peers' packages.

import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

export async function bundle(here: string, into: string): Promise<void> {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const page = join(here, 'page');
  await build({
    entryPoints: ['page.ts', 'peer_worker.ts', 'limits_worker.ts', 'least_worker.ts', 'kept_worker.ts'].map((name) => join(page, name)),
    outdir: into,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  });
  for (const name of ['index.html', 'engine_worker.js']) copyFileSync(join(page, name), join(into, name));
  // SQLite looks for these beside the script that loads it.
  const sqlite = dirname(createRequire(import.meta.url).resolve('@sqlite.org/sqlite-wasm/package.json'));
  for (const name of ['sqlite3.wasm', 'sqlite3-opfs-async-proxy.js']) copyFileSync(join(sqlite, 'dist', name), join(into, name));
}

/** The engine's worker in the release, as a path from the origin. */
export function engineWorker(dist: string): string {
  const found = walk(dist).find((path) => path.endsWith('/worker.js'));
  if (!found) throw new Error(`there is no worker.js in ${dist}: build the app first`);
  return `/${relative(dist, found)}`;
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}
