// How the browser tests run: one at a time on a small machine, never retried, a trace only of what failed.
// It starts no server and no browser: `help/clinic.ts` does, because tests stop and kill both.

import { defineConfig } from '@playwright/test';
import { fileURLToPath } from 'node:url';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  outputDir: here('test-results'),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  workers: Number(process.env.LUCERNA_WORKERS ?? 1),
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  projects: [
    { name: 'tests', testDir: here('specs') },
    { name: 'bench', testDir: here('bench'), testMatch: '*.bench.ts', timeout: 900_000 },
    { name: 'screens', testDir: here('screens'), testMatch: '*.screens.ts' },
  ],
});
