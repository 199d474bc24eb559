// Drives the benchmark: one Chromium, one page; for each size and round the candidates in turn, each on an empty origin.
// It measures nothing itself but memory and disk, judges nothing, and writes what it was told line by line.

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Clinic, clinic } from '../data/generate.ts';
import type { Bench } from '../page/page.ts';
import { bundle, engineWorker } from './bundle.ts';
import { machine, Memory, storedIn } from './machine.ts';
import { type Options, options } from './options.ts';
import { serve } from './server.ts';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  // Lets the page ask for its memory without waiting for a collection of its own accord.
  '--enable-blink-features=ForceEagerMeasureMemory',
];
/** A candidate whose jobs take longer than this in all is not asked again: the figure would not get better, only the run longer. */
const LONG_S = 75;
const CHARTS = 5;
const WARM = 20;
const NOTES = 15;
const UNLOCKS = 3;

const asked = options();
const here = join(asked.root, 'tests/bench');
let profile: string;
let context: BrowserContext;
let page: Page;
let died: Promise<never>;

function tell(line: object): void {
  appendFileSync(asked.out, `${JSON.stringify(line)}\n`);
}

async function main({ root, dist, sizes, only, rounds, command, out }: Options): Promise<void> {
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, '');
  const built = join(root, 'target/bench-page');
  await bundle(here, built);
  const { url, server } = await serve(dist, built);
  profile = mkdtempSync(join(tmpdir(), 'lucerna-bench-'));
  context = await launch();
  try {
    page = await opened();
    tell({ machine: machine(root, context.browser()?.version() ?? (await page.evaluate(() => navigator.userAgent)), command) });
    for (const size of sizes) {
      say(`making ${size} patients`);
      const data = clinic(root, size);
      const { whole, drawn, typed, file, ...facts } = data;
      tell({ data: facts });
      // The walls are measured on the middle size: large enough to be steady, small enough to be quick.
      if (size === sizes[Math.min(1, sizes.length - 1)]) await limits(url, data, rounds);
      const slow = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        for (const name of turned(only, round)) {
          if (!slow.has(name) && (await measure(url, name, data, round))) slow.add(name);
        }
      }
    }
  } finally {
    await context.close();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function launch(): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.LUCERNA_CHROMIUM ?? '/usr/bin/chromium',
    viewport: { width: 1280, height: 800 },
    ignoreDefaultArgs: ['--headless'],
    args: FLAGS,
  });
}

async function opened(): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  died = new Promise((_, reject) => page.once('crash', () => reject(new Error('the page ran out of memory or died'))));
  died.catch(() => {});
  page.on('console', (message) => message.type() === 'error' && console.error(`  page: ${message.text()}`));
  for (const old of context.pages()) if (old !== page) await old.close().catch(() => {});
  return page;
}

/** A page that died or never answers must not take the rest of the run with it. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1_000)));
  return Promise.race([work, late, died]).finally(() => clearTimeout(timer));
}

/** Another begins each round, so that no candidate always has the cold machine or the warm one. */
function turned(names: string[], round: number): string[] {
  const by = round % names.length;
  return [...names.slice(by), ...names.slice(0, by)];
}

/** An origin without a byte in it, and the page on it. */
async function fresh(url: string): Promise<void> {
  await page.goto('about:blank');
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: url, storageTypes: 'all' });
  await session.detach();
  await page.goto(`${url}/bench/index.html`);
  await page.waitForFunction(() => 'bench' in window);
}

async function limits(url: string, data: Clinic, rounds: number): Promise<void> {
  await fresh(url);
  await page.setInputFiles('#file', data.file);
  for (let round = 0; round < rounds; round += 1) {
    for (const [job, found] of Object.entries(await page.evaluate(() => window.bench.limits()))) {
      if (Array.isArray(found)) tell({ limit: job, samples: found });
      else tell({ limit: job, samples: [found.bytes / 1e6 / found.seconds] });
    }
  }
}

/** All jobs of one candidate; whether it was so slow that once is enough. */
async function measure(url: string, name: string, data: Clinic, round: number): Promise<boolean> {
  const at = { candidate: name, size: data.patients, round };
  const cap = asked.minutes * 60;
  const call = <K extends keyof Bench>(job: K, ...words: unknown[]): Promise<Awaited<ReturnType<Bench[K]>>> =>
    within(cap + 180, page.evaluate(({ job, words }) => Reflect.apply(window.bench[job as keyof Bench] as any, window.bench, words), { job, words })) as any;
  const begun = performance.now();
  let doing = 'import';
  try {
    await fresh(url);
    await page.setInputFiles('#file', data.file);
    const memory = await Memory.of(context);
    await call('open', name, engineWorker(asked.dist));
    const before = { estimate: await call('stored'), disk: storedIn(profile) };

    say(`${name}, ${data.patients} patients, round ${round + 1}: import`);
    const { result: moved, peak } = await memory.during(() => call('import', cap));
    tell({ ...at, job: 'import', samples: [moved.seconds], unit: 's', ...pace(moved), task: moved.longestTask });
    tell({ ...at, job: 'peak-import', samples: [peak / 1e6], unit: 'MB', stopped: moved.stopped });
    say(`  ${moved.resources} resources in ${moved.seconds.toFixed(1)} s${moved.stopped ? `, stopped${moved.why ? ` (${moved.why})` : ''}` : ''}; peak ${(peak / 1e6).toFixed(0)} MB`);
    if (moved.stopped) return true;
    if (moved.resources !== data.resources) throw new Error(`${moved.resources} of ${data.resources} resources came in`);

    // The database's own tidying after a large write is given a moment.
    await page.waitForTimeout(2_000);
    const stored = storedIn(profile) - before.disk;
    tell({ ...at, job: 'disk', samples: [stored / data.bytes], unit: 'B/B', estimate: ((await call('stored')) - before.estimate) / data.bytes });

    doing = 'unlock';
    const unlocks = [];
    for (let i = 0; i < UNLOCKS; i += 1) unlocks.push(await call('unlock', true));
    if (unlocks.some(({ patients }) => patients !== data.patients)) throw new Error('not every patient is there after unlocking');
    tell({ ...at, job: 'unlock', samples: unlocks.map(({ ms }) => ms), unit: 'ms' });
    if (unlocks.every(({ whole }) => whole !== undefined)) {
      tell({ ...at, job: 'unlock-click', samples: unlocks.map(({ whole }) => whole), unit: 'ms' });
      const hasty = [];
      for (let i = 0; i < UNLOCKS; i += 1) hasty.push(await call('unlock', false));
      tell({ ...at, job: 'unlock-at-once', samples: hasty.map(({ ms }) => ms), unit: 'ms' });
    }

    doing = 'search';
    const keys = await call('search', data.typed);
    tell({ ...at, job: 'search', samples: keys.map(({ ms }) => ms), unit: 'ms' });
    tell({ ...at, job: 'search-in-worker', samples: keys.map(({ inWorker }) => inWorker), unit: 'ms' });

    if (keys.every(({ whole }) => whole !== undefined)) tell({ ...at, job: 'search-similar', samples: keys.map(({ whole }) => whole), unit: 'ms' });

    doing = 'chart';
    const whole = rotated(data.whole, round * CHARTS).slice(0, CHARTS);
    await call('meet', [...whole, ...data.drawn]);
    // The lookups that only ours needs must not have warmed anything.
    await call('unlock', true);
    // Nobody has found a patient in the moment of unlocking: a second for everyone.
    await page.waitForTimeout(1_000);
    // Ours begins each day in a new worker, the peers go on in theirs: the first chart is told by itself, and before the
    // others come some that count for nobody, so that everybody's code is warm and no patient's data is.
    const [first, ...others] = whole;
    const began = await call('charts', [first!]);
    tell({ ...at, job: 'chart-first', samples: began.map(({ ms }) => ms), unit: 'ms' });
    await call('charts', data.drawn.filter(({ id }) => !whole.some((patient) => patient.id === id)).slice(-WARM));
    const charts = await call('charts', others.length > 0 ? others : whole);
    if ([...began, ...charts].some(({ resources }) => resources < 290)) throw new Error('a chart came without its resources');
    tell({ ...at, job: 'chart', samples: charts.map(({ ms }) => ms), unit: 'ms' });
    const drawn = await call('charts', data.drawn);
    tell({ ...at, job: 'charts-1000', samples: drawn.map(({ ms }) => ms), unit: 'ms' });

    doing = 'note';
    // A note is written in an open chart, whoever keeps it.
    const written = data.drawn.slice(round * NOTES, (round + 1) * NOTES);
    await call('charts', written);
    const notes = await call('notes', written);
    tell({ ...at, job: 'note', samples: notes.map(({ ms }) => ms), unit: 'ms' });

    doing = 'export';
    const { result: out, peak: high } = await memory.during(() => call('export', data.bytes, Math.min(cap, 90)));
    tell({ ...at, job: 'export', samples: [out.seconds], unit: 's', ...pace(out) });
    tell({ ...at, job: 'peak-export', samples: [high / 1e6], unit: 'MB', stopped: out.stopped });
    if (!out.stopped && out.resources < data.resources) throw new Error(`only ${out.resources} of ${data.resources} resources came out`);

    // Databases tidy up in their own time: what an import wrote and took away again may be gone by now.
    tell({ ...at, job: 'disk-later', samples: [(storedIn(profile) - before.disk) / data.bytes], unit: 'B/B' });
    // The browser's own count leaves a worker's WebAssembly out; it is kept beside the figure and not shown.
    tell({ ...at, job: 'held', samples: [memory.held() / 1e6], unit: 'MB', estimate: await call('held') });
    say(`  stored ${(stored / data.bytes).toFixed(2)}; unlock ${middle(unlocks)} ms; key ${middle(keys)} ms; chart ${middle(charts)} ms; note ${middle(notes)} ms; export ${out.seconds.toFixed(1)} s`);
    return (performance.now() - begun) / 1_000 > LONG_S;
  } catch (fault) {
    const why = String((fault as Error).message).split('\n')[0];
    say(`  ${name} failed at ${doing}: ${why}`);
    tell({ ...at, job: doing, failed: why });
    page = await opened();
    return true;
  } finally {
    await call('close').catch(() => {});
  }
}

const pace = ({ resources, bytes, stopped, why }: { resources: number; bytes: number; stopped: boolean; why?: string }) => ({ resources, bytes, stopped, why });
const rotated = <T>(list: T[], by: number): T[] => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
const middle = (times: { ms: number }[]) => times.map(({ ms }) => ms).sort((a, b) => a - b)[times.length >> 1]!.toFixed(1);
const say = (words: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${words}`);

await main(asked);
