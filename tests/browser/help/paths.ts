// Where the tests find the repository, the fixtures, the public data beside the clone, and where exports go.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const fixtures = join(root, 'tests/fixtures');

/** A file or folder of the public data, or nothing where this machine has none. Skip with `WITHOUT_DATA` then. */
export function data(path: string): string | undefined {
  const full = join(root, '../shared/data', path);
  return existsSync(full) ? full : undefined;
}

export const WITHOUT_DATA = 'SKIPPED: ../shared/data is absent on this machine; see tests/README.md';

/** The small Synthea bundles that live in the repository, always there. */
export function syntheaFixtures(): string[] {
  const folder = join(fixtures, 'synthea');
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => join(folder, name));
}

/** Keeps an export for the judges, who read everything in this folder after the tests. */
export function keepExport(name: string, bytes: string | Uint8Array): string {
  const path = join(root, 'target/exports', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}
