// The one page of the benchmark: whoever drives it says which candidate and which job, and gets times back.

import type { Known } from '../data/generate.ts';
import type { Candidate, Moved, Timed } from './candidate.ts';
import { Lucerna } from './lucerna.ts';
import { Desk, PeerCandidate } from './peer_candidate.ts';

let candidate: Candidate;
/** Frames of this page that came late while a job ran: a page that stutters would show here. */
let longest = 0;

const chosen = (): File => {
  const file = document.querySelector<HTMLInputElement>('#file')!.files?.[0];
  if (!file) throw new Error('no file was handed over');
  return file;
};

const bench = {
  async open(name: string, engine: string): Promise<void> {
    candidate = name === 'lucerna' ? new Lucerna(engine) : new PeerCandidate(name);
    await candidate.open();
  },
  async import(capSeconds: number): Promise<Moved & { longestTask: number }> {
    longest = 0;
    const moved = await candidate.import(chosen(), capSeconds);
    return { ...moved, longestTask: longest };
  },
  meet: (people: Known[]) => candidate.meet(people),
  async charts(people: Known[]): Promise<(Timed & { resources: number })[]> {
    const times = [];
    for (const patient of people) times.push(await candidate.chart(patient));
    return times;
  },
  async notes(people: Known[]): Promise<Timed[]> {
    const times = [];
    for (const patient of people) times.push(await candidate.note(patient));
    return times;
  },
  /** Letter by letter, each answered before the next. */
  async search(typed: string[]): Promise<(Timed & { whole?: number })[]> {
    const times = [];
    for (const words of typed) for (let end = 1; end <= words.length; end += 1) times.push(await candidate.search(words.slice(0, end)));
    return times;
  },
  unlock: (typed: boolean) => candidate.unlock(typed),
  async export(bytes: number, capSeconds: number): Promise<Moved> {
    const { resources, bytes: written, seconds, stopped, why } = await candidate.export(bytes, capSeconds);
    return { resources, bytes: written, seconds, stopped, ...(why ? { why } : {}) };
  },
  close(): void {
    candidate.close();
  },
  async stored(): Promise<number> {
    return (await navigator.storage.estimate()).usage ?? 0;
  },
  /** What page and workers hold when nothing is under way, as the browser counts it; nothing where it does not. */
  async held(): Promise<number | null> {
    const measure = (performance as any).measureUserAgentSpecificMemory;
    if (!measure) return null;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 15_000));
    return Promise.race([measure.call(performance).then(({ bytes }: { bytes: number }) => bytes), late]).catch(() => null);
  },

  async limits(): Promise<Record<string, { bytes: number; seconds: number } | number[]>> {
    const desk = new Desk('/bench/limits_worker.js');
    const ask = async (job: string, ...words: unknown[]) => (await desk.ask(job, ...words)).result;
    const echoes: number[] = [];
    for (let i = 0; i < 500; i += 1) echoes.push((await desk.timed('echo', { query: 'sri', limit: 20 })).ms);
    const found = {
      echo: echoes.slice(100),
      'aes-64': await ask('aes', 65_536),
      'aes-1024': await ask('aes', 1_048_576),
      parse: await ask('parse', chosen()),
      'parse-seal': await ask('parseAndSeal', chosen()),
      put: await ask('put'),
      get: await ask('get'),
      'strict-put': await ask('strictPut'),
    };
    desk.end();
    return { ...found, ...(await kept()), ...(await least()) };
  },
};

/** What keeping costs, by the browser's own means. */
async function kept(): Promise<Record<string, { bytes: number; seconds: number }>> {
  const desk = new Desk('/bench/kept_worker.js');
  const ask = async (job: string, ...words: unknown[]) => (await desk.ask(job, ...words)).result;
  const found = {
    'least-import': await ask('import', chosen()),
    'put-4': await ask('put', 4_500),
    'put-56': await ask('put', 56 * 1_024),
    'least-export': await ask('export', chosen()),
    'least-export-large': await ask('exportLarge', chosen()),
    deflate: await ask('deflate', chosen()),
  };
  desk.end();
  return found;
}

/** Timed from the page, as every candidate is. */
async function least(): Promise<Record<string, number[]>> {
  const desk = new Desk('/bench/least_worker.js');
  await desk.ask('open', chosen());
  const times = { chart: [] as number[], note: [] as number[] };
  for (let i = 0; i < 60; i += 1) {
    const begun = performance.now();
    JSON.parse((await desk.ask('chart')).result);
    times.chart.push(performance.now() - begun);
    times.note.push((await desk.timed('note')).ms);
  }
  await desk.ask('close');
  desk.end();
  // The first are for the code to become warm.
  return { 'least-chart': times.chart.slice(20), 'least-note': times.note.slice(20) };
}

export type Bench = typeof bench;
declare global {
  interface Window {
    bench: Bench;
  }
}
window.bench = bench;

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
}).observe({ type: 'longtask', buffered: false });
