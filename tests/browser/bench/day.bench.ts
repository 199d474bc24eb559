// One tablet's day in figures: the lock, ten thousand patients searched, a chart, a save, an import, an export.

import { type Device, expect, test } from '../help/clinic.ts';
import * as app from '../help/app.ts';
import { button } from '../help/app.ts';
import { commit, exportClinic, lines, preview } from '../help/chart.ts';
import { clickToFrame, listenAtTheDoor, stored, times } from '../help/engine.ts';
import { figure, median, p95 } from '../help/figure.ts';
import { seen, watch } from '../help/frames.ts';
import { data, synthea } from '../help/paths.ts';
import { ndjson, people } from '../help/people.ts';
import { w } from '../help/words.ts';

/** What only a chart that has arrived shows; while it waits there is no banner. */
const CHART = '.chart-banner h1';

/** A tablet with a clinic, whose engine is listened to. */
async function heard(tablet: (name: string) => Promise<Device>): Promise<Device> {
  const front = await tablet('front desk');
  await listenAtTheDoor(front.page);
  await front.page.reload();
  await app.createClinic(front);
  return front;
}

test('ten thousand patients on one tablet', async ({ tablet }) => {
  const front = await heard(tablet);
  let page = front.page;

  const crowd = ndjson(people(10_000));
  await preview(page, [{ name: 'crowd.ndjson', mimeType: 'application/fhir+ndjson', buffer: crowd }]);
  await commit(page);
  const written = (await times(page, 'CommitImport')).at(-1)!;
  figure('import, one patient each', 10_000_000 / written, '1/s', '10,000 Patients, NDJSON, from commit to saved');

  // Search: what a clinician types, letter by letter, each answered before the next.
  await app.go(page, 'find');
  const box = page.getByRole('combobox');
  for (const typed of ['santoso budi', 'wah sri', '14/7/1961', '0810000', 'kusma putri']) {
    await box.fill('');
    for (const letter of typed) await box.press(letter === ' ' ? 'Space' : letter);
  }
  await expect(page.getByRole('option').first()).toBeVisible();
  const keystrokes = await times(page, 'Search');
  figure('search, a keystroke, median', median(keystrokes), 'ms', `10,000 patients, ${keystrokes.length} keystrokes, with the way to the worker and back`);
  figure('search, a keystroke, 95 of 100', p95(keystrokes), 'ms');

  // The same by a quick typist, who waits for no answer: does the page keep drawing?
  await watch(page);
  for (const typed of ['santoso budi', '1', 'a', 'wah sri', '14/7/1961', '0810000', 'kusma putri']) {
    await box.fill('');
    await box.pressSequentially(typed, { delay: 30 });
  }
  await expect(page.getByRole('option').first()).toBeVisible();
  const { frames, longest, late, longTasks } = await seen(page);
  figure('typing in search, longest time between frames', longest, 'ms', `10,000 patients, a key every 30 ms, ${frames} frames`);
  figure('typing in search, frames over 50 ms late', late, 'frames', `${longTasks} tasks over 50 ms on the page's thread`);

  // A chart, opened from the list; the frame that shows its sections ends the clock.
  await box.fill('sri');
  await expect(page.getByRole('option').first()).toBeVisible();
  const charts: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const row = page.getByRole('option').nth(round);
    charts.push(await clickToFrame(page, () => row.click(), CHART));
    await app.atChart(page);
    await app.go(page, 'find');
    await page.getByRole('combobox').fill('sri');
    await expect(page.getByRole('option').first()).toBeVisible();
  }
  figure('open a chart, empty', median(charts), 'ms', 'from the click to the frame that shows the loaded chart, median of 5');

  // Saving: a draft as it is typed, and a registration, each answered after its strict commit.
  await app.register(page, { given: 'Slamet', birth: '14/7/1961', sex: 'male' });
  figure('register, to strict commit', (await times(page, 'RegisterPatient')).at(-1)!, 'ms');
  await button(page, w('visit-new')).click();
  for (const words of ['Batuk', 'tiga hari', 'demam', 'pilek', 'nyeri kepala']) {
    const before = (await times(page, 'SaveDraft')).length;
    await app.field(page, w('visit-subjective')).pressSequentially(`${words} `);
    await expect.poll(async () => (await times(page, 'SaveDraft')).length).toBeGreaterThan(before);
  }
  figure('save a draft, to strict commit', median(await times(page, 'SaveDraft')), 'ms', 'as the page sees it');

  // The lock, with the key derivation; the comparison tells what comes after it by itself.
  await app.lock(page);
  await app.unlock(page);
  figure('unlock, whole', (await times(page, 'Unlock')).at(-1)!, 'ms', 'Argon2id 64 MiB and opening 10,000 patients');

  await front.installed();
  await front.off();
  page = await front.open();
  await expect(button(page, w('lock-open'))).toBeVisible();
  figure('cold start to lock screen', await page.evaluate(() => performance.now()), 'ms', 'installed, 10,000 patients, browser started afresh');
});

test('work goes on while a file comes in', async ({ tablet }) => {
  const { page } = await heard(tablet);
  await preview(page, [{ name: 'few.ndjson', mimeType: 'application/fhir+ndjson', buffer: ndjson(people(1000)) }]);
  await commit(page);
  const before = (await times(page, 'Search')).length;

  await preview(page, [{ name: 'crowd.ndjson', mimeType: 'application/fhir+ndjson', buffer: ndjson(people(60_000)) }]);
  await page.locator('#import-commit').click();
  const going = async () => (await times(page, 'CommitImport')).length === 1;
  const registered: number[] = [];
  await app.register(page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female' });
  if (await going()) registered.push((await times(page, 'RegisterPatient')).at(-1)!);
  await app.go(page, 'find');
  const box = page.getByRole('combobox');
  for (const typed of ['santoso budi', 'wah sri', 'kusma putri']) {
    await box.fill('');
    await box.pressSequentially(typed, { delay: 50 });
  }
  await expect(page.getByRole('option').first()).toBeVisible();
  expect(await going(), 'the import was still being written').toBe(true);
  const keystrokes = (await times(page, 'Search')).slice(before);
  figure('register during an import, to strict commit', median(registered), 'ms', 'while 60,000 Patients are written');
  figure('search during an import, a keystroke, median', median(keystrokes), 'ms', `${keystrokes.length} keystrokes, with the way to the worker and back`);
  figure('search during an import, 95 of 100', p95(keystrokes), 'ms');
  await expect.poll(going, { timeout: 180_000 }).toBe(false);
});

test('whole histories in and out', async ({ tablet }) => {
  const { page } = await heard(tablet);
  const load = synthea(10_000);
  if (!data('patients/small20')) console.log('SKIPPED: only the fixtures are imported, ../shared/data is absent');
  const megabytes = load.bytes / 1e6;
  const note = `${load.resources} resources, ${megabytes.toFixed(1)} MB of Synthea`;

  await preview(page, load.files);
  await commit(page);
  const seconds = ((await times(page, 'PreviewImport')).at(-1)! + (await times(page, 'CommitImport')).at(-1)!) / 1000;
  figure('import', load.resources / seconds, '1/s', `${note}; read, checked, sealed, saved`);
  figure('import, bytes', megabytes / seconds, 'MB/s');

  const out = lines((await exportClinic(page)).files);
  expect(out.length, 'everything came out').toBeGreaterThanOrEqual(load.resources);
  const exported = (await times(page, 'ExportClinic')).at(-1)! / 1000;
  figure('export', out.length / exported, '1/s', `${out.length} resources to a zip`);
  figure('export, bytes', megabytes / exported, 'MB/s', 'of the files that were imported');

  const { bytes, rows } = await stored(page);
  figure('sealed on this device', bytes / 1000, 'kB', `${rows} rows, ${((bytes / load.bytes) * 100).toFixed(0)} % of the FHIR files`);

  await app.go(page, 'find');
  await page.getByRole('combobox').fill('a');
  await expect(page.getByRole('option').first()).toBeVisible();
  const charts: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    charts.push(await clickToFrame(page, () => page.getByRole('option').nth(round).click(), CHART));
    await app.atChart(page);
    await app.go(page, 'find');
    await page.getByRole('combobox').fill('a');
    await expect(page.getByRole('option').first()).toBeVisible();
  }
  figure('open a chart, whole history', median(charts), 'ms', 'from the click to the frame that shows the loaded chart, median of 5');
});


