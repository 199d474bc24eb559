// A large import through the screen: cut off while it is written it is finished or undone later, without its file;
// stopped it leaves nothing; and whoever works beside it is answered.

import type { Page } from '@playwright/test';
import { button, createClinic, go, register, unlock } from '../help/app.ts';
import { preview } from '../help/chart.ts';
import { type Device, expect, test } from '../help/clinic.ts';
import { listenAtTheDoor } from '../help/engine.ts';
import { ndjson, people } from '../help/people.ts';
import { w } from '../help/words.ts';

const PEOPLE = 40_000;
const NOBODY = /^No patients yet$/;
const EVERYBODY = /^40[.,\s]?000 patients in this clinic$/;
const crowd = ndjson(people(PEOPLE));

test.describe.configure({ timeout: 300_000 });

async function begin(page: Page): Promise<void> {
  await preview(page, [{ name: 'crowd.ndjson', mimeType: 'application/fhir+ndjson', buffer: crowd }]);
  await page.locator('#import-commit').click();
  await expect(page.getByRole('progressbar', { name: w('phase-writing') })).toBeVisible();
  await expect.poll(() => page.getByRole('progressbar', { name: w('phase-writing') }).getAttribute('value')).not.toBe('0');
}

/** Dies while the import is written; opens and unlocks again. Nobody has been seen of it. */
async function cutOff(front: Device): Promise<Page> {
  await createClinic(front);
  await begin(front.page);
  await front.kill();
  const page = await front.open();
  await unlock(page);
  await expect(page.getByText(NOBODY)).toBeVisible();
  await button(page, w('today-import-open')).click();
  return page;
}

const finished = (page: Page) => expect(button(page, w('import-more-files'))).toBeVisible({ timeout: 180_000 });

test('an import whose browser is killed while it writes is finished later, without its file', async ({ tablet }) => {
  const front = await tablet('front desk');
  const page = await cutOff(front);
  await page.locator('#import-finish').click();
  await finished(page);
  await go(page, 'today');
  await expect(page.getByText(EVERYBODY)).toBeVisible();
  await go(page, 'find');
  await page.getByRole('combobox').fill('santoso budi');
  await expect(page.getByRole('option').first()).toContainText(/santoso/i);
  expect(front.errors()).toEqual([]);
});

test('the same import is undone instead, and leaves nobody', async ({ tablet }) => {
  const front = await tablet('front desk');
  const page = await cutOff(front);
  await page.locator('#import-undo').click();
  await expect(button(page, w('import-pick'))).toBeVisible({ timeout: 180_000 });
  await go(page, 'today');
  await expect(page.getByText(NOBODY)).toBeVisible();
  await expect(page.getByText(w('today-import-left'))).toHaveCount(0);
  expect(front.errors()).toEqual([]);
});

test('stopped while it is written, it leaves nobody; let go on, whoever works beside it is answered before it ends', async ({ tablet }) => {
  const front = await tablet('front desk');
  await listenAtTheDoor(front.page);
  await front.page.reload();
  const page = await createClinic(front);
  await begin(page);
  await button(page, w('cancel')).click();
  await expect(button(page, w('import-pick'))).toBeVisible({ timeout: 180_000 });
  await go(page, 'today');
  await expect(page.getByText(NOBODY)).toBeVisible();

  await begin(page);
  await register(page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female' });
  const answered = () => page.evaluate(() => window.lucernaDoor.calls.map((call) => call.name));
  await expect.poll(async () => (await answered()).filter((name) => name === 'CommitImport').length, { timeout: 180_000 }).toBe(2);
  const order = await answered();
  expect(order.lastIndexOf('RegisterPatient'), 'registered while the import was written').toBeLessThan(order.lastIndexOf('CommitImport'));
  expect(order).toContain('RegisterPatient');
  await go(page, 'today');
  await expect(page.getByText(/^40[.,\s]?001 patients in this clinic$/)).toBeVisible();
  expect(front.errors()).toEqual([]);
});
