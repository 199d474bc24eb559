// Where the tests find the repository, the fixtures, the public data beside the clone, and where exports go.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** Synthea bundles from the public data with at least so many resources, each counted once, or the fixtures where the data is absent. */
export function synthea(resources: number): { files: string[]; resources: number; bytes: number } {
  const chosen = { files: [] as string[], resources: 0, bytes: 0 };
  // Hospitals and practitioners come again with every patient who met them.
  const ids = new Set<string>();
  const take = (path: string) => {
    if (chosen.resources >= resources) return;
    const text = readFileSync(path, 'utf8');
    chosen.files.push(path);
    for (const { resource } of JSON.parse(text).entry) ids.add(`${resource.resourceType}/${resource.id}`);
    chosen.resources = ids.size;
    chosen.bytes += Buffer.byteLength(text);
  };
  const small = data('patients/small20');
  if (!small) {
    syntheaFixtures().forEach(take);
    return chosen;
  }
  readdirSync(small).sort().forEach((name) => take(join(small, name)));
  const archive = data('patients/synthea-r4-298-dev.tar.xz');
  if (archive && chosen.resources < resources) {
    const names = execFileSync('tar', ['-tJf', archive], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n').filter((name) => name.endsWith('.json'));
    const some = names.slice(0, Math.ceil((resources - chosen.resources) / 150));
    const folder = mkdtempSync(join(tmpdir(), 'lucerna-synthea-'));
    execFileSync('tar', ['-xJf', archive, '-C', folder, ...some]);
    some.forEach((name) => take(join(folder, name)));
  }
  return chosen;
}
