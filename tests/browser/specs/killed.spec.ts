// The browser is killed fifty times, in the middle of saves and imports and right after they were acknowledged.
// After each death the app opens with everything that was acknowledged, and nothing half done.

import type { Page } from '@playwright/test';
import { button, createClinic, PASSPHRASE, unlock } from '../help/app.ts';
import { exportClinic } from '../help/chart.ts';
import { type Device, expect, test } from '../help/clinic.ts';
import { ask, file, listenAtTheDoor } from '../help/engine.ts';
import { keepExport } from '../help/paths.ts';

const DEATHS = 50;
/** People in one import, each with one measurement. */
const LISTED = 120;

type Row = { patient: string; family: string; given: string };
type Deed =
  | { what: 'registered'; mark: string }
  | { what: 'drafted'; mark: string; patient: string }
  | { what: 'signed'; mark: string; patient: string; draft: string }
  | { what: 'imported'; mark: string };
type Word = { trying?: Deed; done?: string };

/** mulberry32: the same seed dies at the same moments, as far as a browser lets it. */
function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Letters only: what looks like a number is searched for as one. */
const letters = (n: number): string => (n < 26 ? '' : letters(Math.floor(n / 26))) + String.fromCharCode(97 + (n % 26));

/** What was tried and what was acknowledged, as the person before the screen knows it. */
class Memory {
  readonly done = new Map<string, Deed>();
  readonly pending = new Map<string, Deed>();
  /** The draft that must be there, by patient; an empty one means that there is none. */
  readonly drafts = new Map<string, string>();
  onDone: () => void = () => {};

  hear({ trying, done }: Word): void {
    if (trying) this.pending.set(trying.mark, trying);
    const deed = done === undefined ? undefined : this.pending.get(done);
    if (deed) {
      this.settle(deed, true);
      this.onDone();
    }
  }

  /** What was under way when the browser died has happened or not; from now on it stays so. */
  settle(deed: Deed, happened: boolean): void {
    this.pending.delete(deed.mark);
    if (!happened) return;
    this.done.set(deed.mark, deed);
    if (deed.what === 'drafted') this.drafts.set(deed.patient, deed.mark);
    if (deed.what === 'signed') this.drafts.set(deed.patient, '');
  }

  all<W extends Deed['what']>(what: W, from: Map<string, Deed> = this.done): Extract<Deed, { what: W }>[] {
    return [...from.values()].filter((deed) => deed.what === what) as Extract<Deed, { what: W }>[];
  }
}

async function open(device: Device, memory: Memory): Promise<Page> {
  await device.open(null);
  await device.context.exposeFunction('told', (word: Word) => memory.hear(word));
  const { page } = device;
  await listenAtTheDoor(page);
  await page.goto(`${device.home}/`);
  await expect(button(page, /./).first()).toBeVisible({ timeout: 30_000 });
  return page;
}

/** Also what the app asks by itself once somebody has signed in: whether an import was interrupted. */
async function signIn(page: Page): Promise<void> {
  const status = await ask<{ state: string; staff: { staff: string }[] }>(page, 'Status');
  expect(status.state, 'the clinic is there and whole').toBe('locked');
  await ask(page, 'Unlock', { staff: status.staff[0]!.staff, passphrase: PASSPHRASE });
}

/** An import that had begun to be written is not seen; it is finished or undone, as the person likes. */
async function settleImport(page: Page, memory: Memory, finish: boolean): Promise<boolean> {
  const { unfinished } = await ask<{ unfinished: object | null }>(page, 'Imports');
  if (!unfinished) return false;
  const marks = memory.all('imported', memory.pending).map(({ mark }) => mark);
  const seen = (await ask<Row[]>(page, 'Recent', { limit: 1_000_000 })).filter(({ family }) => marks.includes(family));
  expect(seen, 'nothing of an unfinished import is seen').toEqual([]);
  await ask(page, finish ? 'ResumeImport' : 'UndoImport', { job: 1 });
  return true;
}

/** Saves without end: a person, drafts, a signed visit. Each word is told before and after. */
async function save(page: Page, round: string, times: number): Promise<void> {
  await page.evaluate(
    async ({ round, times }) => {
      const { told } = window as unknown as { told(word: Word): Promise<void> };
      const { ask } = window.lucernaDoor;
      const letters = (n: number): string => (n < 26 ? '' : letters(Math.floor(n / 26))) + String.fromCharCode(97 + (n % 26));
      const draft = (words: string) => ({ started: 0, subjective: words, objective: '', assessment: '', plan: '', vitals: [], diagnoses: [], follow_up: '' });
      for (let n = 0; n < times; n += 1) {
        const mark = `S${round}q${letters(n)}`;
        await told({ trying: { what: 'registered', mark } });
        const form = { given: mark, family: 'Simpan', birth_date: '1961-07-14', sex: 'female' };
        const { patient } = (await ask('RegisterPatient', { form })) as Row;
        void told({ done: mark });
        for (const step of ['one', 'two']) {
          await told({ trying: { what: 'drafted', mark: `${mark}${step}`, patient } });
          await ask('SaveDraft', { patient, draft: draft(`${mark}${step}`) });
          void told({ done: `${mark}${step}` });
        }
        await told({ trying: { what: 'signed', mark: `${mark}signed`, patient, draft: `${mark}two` } });
        await ask('SignVisit', { patient, draft: draft(`${mark}signed`) });
        void told({ done: `${mark}signed` });
        await told({ trying: { what: 'drafted', mark: `${mark}three`, patient } });
        await ask('SaveDraft', { patient, draft: draft(`${mark}three`) });
        void told({ done: `${mark}three` });
      }
    },
    { round, times },
  );
}

/** One import of a list of people, all under a family name of its own. */
async function bringIn(page: Page, mark: string): Promise<void> {
  const people = Array.from({ length: LISTED }, (_, n) => [
    { resourceType: 'Patient', id: `${mark}-${n}`, name: [{ family: mark, given: [letters(n + 26)] }], gender: 'other', birthDate: '1980' },
    { resourceType: 'Observation', id: `${mark}-w-${n}`, status: 'final', code: { text: 'weight' }, subject: { reference: `Patient/${mark}-${n}` }, valueQuantity: { value: 50 + n, unit: 'kg' } },
  ]);
  const text = people.flat().map((resource) => JSON.stringify(resource)).join('\n');
  await page.evaluate(
    async ({ mark, text }) => {
      const { told } = window as unknown as { told(word: Word): Promise<void> };
      const { ask } = window.lucernaDoor;
      const job = Math.floor(Math.random() * 1e9);
      await told({ trying: { what: 'imported', mark } });
      await ask('PreviewImport', { job }, [{ name: 'list.ndjson', text }]);
      await ask('CommitImport', { job });
      await told({ done: mark });
    },
    { mark, text },
  );
}

/** Holds what is on the tablet against what is remembered, and settles what was under way. */
async function judge(page: Page, memory: Memory, death: string): Promise<void> {
  const rows = await ask<Row[]>(page, 'Recent', { limit: 1_000_000 });
  const registered = new Map(rows.filter(({ family }) => family === 'Simpan').map((row) => [row.given, row.patient]));
  for (const { mark } of memory.all('registered')) expect(registered.has(mark), `${death}: ${mark} was registered`).toBe(true);
  for (const { mark } of memory.all('imported')) expect(rows.filter(({ family }) => family === mark).length, `${death}: ${mark} was imported`).toBe(LISTED);
  for (const deed of [...memory.pending.values()]) {
    if (deed.what === 'registered') memory.settle(deed, registered.has(deed.mark));
    if (deed.what === 'imported') {
      const there = rows.filter(({ family }) => family === deed.mark).length;
      expect([0, LISTED], `${death}: ${deed.mark} came whole or not at all`).toContain(there);
      memory.settle(deed, there > 0);
    }
    if (deed.what === 'drafted' || deed.what === 'signed') await settleWords(page, memory, deed, death);
  }
  const known = new Set([...memory.all('registered'), ...memory.all('imported')].map(({ mark }) => mark));
  expect(rows.filter((row) => !known.has(row.given) && !known.has(row.family)), `${death}: nobody came from nowhere`).toEqual([]);
  // The latest of them; all are looked at when it is over.
  for (const [patient, words] of [...memory.drafts].slice(-3)) {
    const draft = await ask<{ subjective: string } | null>(page, 'LoadDraft', { patient });
    expect(draft?.subjective ?? '', `${death}: the draft that was saved last`).toBe(words);
  }
  for (const { mark, patient } of memory.all('signed').slice(-2)) {
    expect(await file(page, 'ExportPatient', { patient, job: 7 }), `${death}: ${mark} was signed`).toContain(mark);
  }
  expect((await ask<{ broken_at: number | null }>(page, 'VerifyAudit')).broken_at, `${death}: the access log`).toBeNull();
}

/** Words that were being saved are there whole, or the ones before them; a note and its draft change at once. */
async function settleWords(page: Page, memory: Memory, deed: Extract<Deed, { patient: string }>, death: string): Promise<void> {
  const { mark, patient } = deed;
  const before = memory.drafts.get(patient) ?? '';
  const draft = (await ask<{ subjective: string } | null>(page, 'LoadDraft', { patient }))?.subjective ?? '';
  const record = await file(page, 'ExportPatient', { patient, job: 7 });
  if (deed.what === 'drafted') expect([before, mark], `${death}: a draft is the one before or the new one`).toContain(draft);
  const happened = deed.what === 'signed' ? record.includes(mark) : draft === mark;
  if (deed.what === 'signed') expect(draft, `${death}: ${mark} is a note or still a draft, never both`).toBe(happened ? '' : before);
  memory.settle(deed, happened);
}

test(`a browser killed ${DEATHS} times in saves and imports loses nothing it acknowledged and keeps nothing half`, async ({ tablet }) => {
  test.setTimeout(900_000);
  const seed = Number(process.env.LUCERNA_SEED ?? Date.now() % 1_000_000);
  console.log(`killed.spec: LUCERNA_SEED=${seed}`);
  const roll = dice(seed);
  const front = await tablet('front desk');
  await createClinic(front);
  await front.kill();

  const memory = new Memory();
  let page = await open(front, memory);
  await signIn(page);
  // How long each takes where nobody dies, so that deaths fall all over it.
  let begun = Date.now();
  await save(page, 'first', 4);
  const saving = Date.now() - begun;
  begun = Date.now();
  await bringIn(page, 'Ifirst');
  const importing = Date.now() - begun;

  const deaths = { inSaves: 0, inImports: 0, betweenThem: 0, wroteUnheard: 0, unfinished: 0 };
  for (let n = 0; n < DEATHS; n += 1) {
    const importsNow = n % 2 === 1;
    const round = letters(n + 26);
    const heard = roll() < 0.3;
    const wait = roll() * (importsNow ? importing : saving) * 1.1;
    const struck = new Promise<void>((resolve) => {
      // Some die with the acknowledgement still on the screen, the others when it happens.
      let left = 1 + Math.floor(roll() * (importsNow ? 1 : 8));
      if (heard) memory.onDone = () => (--left === 0 ? resolve() : undefined);
      setTimeout(resolve, heard ? 20_000 : wait);
    });
    const work = (importsNow ? bringIn(page, `I${round}`) : save(page, round, 40)).catch(() => {});
    await struck;
    await front.kill();
    await work;
    memory.onDone = () => {};
    const under = [...memory.pending.values()][0];
    deaths[under === undefined ? 'betweenThem' : under.what === 'imported' ? 'inImports' : 'inSaves'] += 1;
    const before = memory.done.size;
    page = await open(front, memory);
    await signIn(page);
    deaths.unfinished += Number(await settleImport(page, memory, roll() < 0.5));
    await judge(page, memory, `death ${n + 1} (seed ${seed})`);
    deaths.wroteUnheard += memory.done.size - before;
  }
  console.log(`killed.spec: ${DEATHS} deaths: ${JSON.stringify(deaths)}; ${memory.done.size} deeds; a round of saves takes ${saving} ms, an import ${importing} ms`);
  expect(deaths.inSaves + deaths.inImports, 'most deaths fell into the middle of something').toBeGreaterThan(DEATHS / 2);

  await front.off();
  page = await front.open();
  await unlock(page);
  const { files } = await exportClinic(page);
  const all = Object.values(files).join('\n');
  for (const deed of memory.done.values()) if (deed.what !== 'drafted') expect(all.includes(deed.mark), `${deed.mark} leaves with the clinic`).toBe(true);
  for (const name of ['Patient.ndjson', 'Composition.ndjson', 'Encounter.ndjson', 'Observation.ndjson']) {
    keepExport(`killed-${name}`, files[name]!.split('\n').slice(0, 100).join('\n'));
  }
  expect(front.errors()).toEqual([]);
});
