// Records from elsewhere come in with a look first, or not at all; and what came in goes out equal.

import { isDeepStrictEqual } from 'node:util';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { button, createClinic, find, go, register } from '../help/app.ts';
import { type Bundle, commit, exportClinic, exportPatient, lines, preview, type Resource, startImport } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { data, fixtures, keepExport, syntheaFixtures, WITHOUT_DATA } from '../help/paths.ts';
import { like, w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front);
});
test.afterAll(() => front.close());

const small = syntheaFixtures();
const resourcesOf = (path: string): Resource[] => (JSON.parse(readFileSync(path, 'utf8')) as Bundle).entry.map(({ resource }) => resource);
const key = (resource: Resource) => `${resource.resourceType}/${resource.id}`;

/** References of a transaction name entries by `urn:uuid:`; a stored resource is named by its type and id. Nothing else may differ. */
function asStored(path: string): Resource[] {
  const { entry } = JSON.parse(readFileSync(path, 'utf8')) as { entry: { fullUrl?: string; resource: Resource }[] };
  const names = new Map(entry.map(({ fullUrl, resource }) => [fullUrl, key(resource)]));
  const named = JSON.stringify(entry.map(({ resource }) => resource)).replace(/"(urn:uuid:[0-9a-f-]+)"/g, (whole, url: string) => (names.has(url) ? `"${names.get(url)}"` : whole));
  return JSON.parse(named) as Resource[];
}

/**
 * Which resources of the files are missing or differ. Either spelling of a reference within a file is the same fact.
 * Where several files hold one resource in several versions, the first counts: the import says so of each.
 */
function unequal(found: Resource[], paths: string[]): string[] {
  const byKey = new Map(found.map((resource) => [key(resource), resource]));
  const seen = new Set<string>();
  return paths.flatMap((path) => {
    const stored = asStored(path);
    return resourcesOf(path).flatMap((sent, at) => {
      if (seen.has(key(sent))) return [];
      seen.add(key(sent));
      const kept = byKey.get(key(sent));
      if (kept && (isDeepStrictEqual(kept, sent) || isDeepStrictEqual(kept, stored[at]))) return [];
      return [`${basename(path)}: ${key(sent)} ${kept ? 'differs' : 'is missing'}`];
    });
  });
}

async function patients(): Promise<string> {
  await go(front.page, 'today');
  return front.page.getByText(/^(No patients yet|\d+ patients? in this clinic)$/).innerText();
}

test('a preview says what the files hold, and looking changes nothing', async () => {
  const { page } = front;
  await preview(page, small);
  const result = page.locator('#exchange-result');
  await expect(result).toContainText('2 files, 2 new patients, 0 already known');
  await expect(result.getByRole('row', { name: /^Encounter/ })).toBeVisible();
  await expect(result).toContainText(/SCHAEFER\d*, Enda/);
  await button(page, w('import-other-files')).click();
  expect(await patients()).toBe('No patients yet');
});

test('broken files are refused whole, each fault named by its path', async () => {
  const { page } = front;
  const broken = readdirSync(join(fixtures, 'broken')).map((name) => join(fixtures, 'broken', name));
  await preview(page, [...broken, small[0]!]);
  await expect(page.getByText(w('import-blocked'))).toBeVisible();
  await expect(page.locator('#import-commit')).toBeDisabled();
  const result = page.locator('#exchange-result');
  for (const path of broken) await expect(result.locator('summary').filter({ hasText: basename(path) })).toBeVisible();
  for (const path of ['birthDate', 'gender', 'Observation.code']) await expect(result.locator('.issue-path').filter({ hasText: path }).first()).toBeVisible();
  expect(await patients()).toBe('No patients yet');
});

test('what is no FHIR at all is refused in words', async () => {
  const { page } = front;
  for (const [name, text] of [['holiday.json', '{"resourceType": "Patient", "id": '], ['list.json', '[1, 2, 3]'], ['words.ndjson', 'Patient;Melati\n'], ['empty.json', '']] as const) {
    await preview(page, { name, mimeType: 'application/json', buffer: Buffer.from(text) });
    await expect(page.locator('#exchange-result'), name).toContainText(new RegExp(`${w('import-blocked')}|${w('import-nothing-changed')}`.replace(/[.]/g, '\\.')));
    await expect(page.locator('#import-commit:enabled')).toHaveCount(0);
  }
  expect(await patients()).toBe('No patients yet');
});

test('an import comes in, and the same files again are all already here', async () => {
  const { page } = front;
  await preview(page, small);
  await commit(page);
  await expect(page.getByText(like('import-done-facts'))).toBeVisible();
  expect(await patients()).toBe('2 patients in this clinic');
  await preview(page, small);
  await expect(page.getByText(w('import-nothing-new'))).toBeVisible();
  await expect(page.locator('#exchange-result')).toContainText('0 new patients, 2 already known');
  await expect(page.locator('#import-commit')).toBeDisabled();
});

test('a patient leaves as one Bundle, resource for resource equal to what came in', async () => {
  const { page } = front;
  await find(page, 'enda schaefer');
  const { name, text, bundle } = await exportPatient(page);
  expect(name).not.toMatch(/enda|schaefer/i);
  keepExport('patient.json', text);
  expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
  const commons = new Set(['Organization', 'Practitioner', 'PractitionerRole', 'Location']);
  const clinical = unequal(bundle.entry.map((entry) => entry.resource), small.filter((path) => path.includes('enda')));
  expect(clinical.filter((fault) => !commons.has(fault.match(/: (\w+)\//)?.[1] ?? ''))).toEqual([]);
});

test('twenty whole lives come in; stopped half-way, nothing has changed; finished, they leave equal', async () => {
  const folder = data('patients/small20');
  if (!folder) console.log(WITHOUT_DATA);
  test.skip(!folder, WITHOUT_DATA);
  test.setTimeout(420_000);
  const { page } = front;
  const files = readdirSync(folder!).filter((name) => name.endsWith('.json')).sort().map((name) => join(folder!, name));
  const people = files.filter((path) => !/Information\d/.test(path));
  expect(people).toHaveLength(20);

  await startImport(page, files);
  await button(page, w('cancel')).click();
  await expect(button(page, w('import-pick'))).toBeVisible({ timeout: 60_000 });
  expect(await patients()).toBe('2 patients in this clinic');

  await preview(page, files);
  await commit(page);
  expect(await patients()).toBe('20 patients in this clinic');

  await register(page, { given: 'Melati', birth: '14/7/1961', sex: 'female', nik: '3171025407610003', phone: '0812-3456-7890' });
  const { name, files: exported } = await exportClinic(page);
  expect(name).toMatch(/\.zip$/);
  for (const [path, text] of Object.entries(exported)) if (path.endsWith('.ndjson')) keepExport(`clinic/${path}`, text);
  const out = lines(exported);
  expect(new Set(out.map(key)).size, 'no resource leaves twice').toBe(out.length);
  expect(unequal(out, files)).toEqual([]);
  expect(front.errors()).toEqual([]);
});
