// A visit on one page: what is typed is kept, flagged, coded and signed; a signed note takes addenda and nothing else.

import { button, createClinic, field, register, unlock } from '../help/app.ts';
import { banner, exportPatient, openVisit, savedHere, section, toCode, visit } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { keepExport } from '../help/paths.ts';
import { like, w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front);
  await register(front.page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female' });
});
test.afterAll(() => front.close());

const vital = (key: string) => field(visit(front.page), w(key));

/** Back to the visit that was open, or else to its draft among the unsigned notes. */
async function reopen(): Promise<void> {
  const draft = front.page.getByRole('region', { name: w('today-drafts') }).getByRole('button', { name: /PAGI, Melati/ });
  await expect(draft.or(visit(front.page)).first()).toBeVisible();
  if (await draft.isVisible()) await draft.click();
  await expect(visit(front.page)).toBeVisible();
}

test('vital signs are flagged as they are typed, and a slip is asked about, never refused', async () => {
  const { page } = front;
  await openVisit(page);
  await expect(banner(page)).toContainText('PAGI, Melati');
  await vital('vital-systolic').fill('148');
  await expect(visit(page).getByText(new RegExp(`▲ ${w('visit-flag-high')}$`))).toBeVisible();
  await vital('vital-diastolic').fill('92');
  await vital('vital-temperature').fill('368');
  await visit(page).getByRole('button', { name: w('visit-confirm') }).click();
  await expect(visit(page).getByText(w('visit-confirmed'))).toBeVisible();
  await vital('vital-temperature').fill('36.8');
  await vital('vital-heart-rate').fill('8o');
  await expect(visit(page).getByText(w('vital-not-a-number'))).toBeVisible();
  await vital('vital-heart-rate').fill('80');
  await expect(visit(page).getByText(w('vital-not-a-number'))).toHaveCount(0);
});

test('weight and height give the body mass index in whatever unit they are typed', async () => {
  const { page } = front;
  await vital('vital-weight').fill('62');
  await vital('vital-height').fill('155');
  await expect(visit(page).locator('output')).toContainText('25.8');
  await visit(page).getByRole('button', { name: /^Unit of Weight: kg/ }).click();
  await expect(vital('vital-weight')).toHaveValue('62000');
  await visit(page).getByRole('button', { name: /^Unit of Weight: g/ }).click();
  await expect(vital('vital-weight')).toHaveValue('136.7');
  await expect(visit(page).locator('output')).toContainText('25.8');
});

test('Enter goes from one vital sign to the next', async () => {
  await vital('vital-systolic').press('Enter');
  await expect(vital('vital-diastolic')).toBeFocused();
  await front.page.keyboard.press('Enter');
  await expect(vital('vital-heart-rate')).toBeFocused();
});

test('a diagnosis is found in ICD-10 by words or code, and may stand without a code', async () => {
  const { page } = front;
  await toCode(page, 'essential hypertension', 'I10');
  await toCode(page, 'J06.9', 'J06.9');
  const box = visit(page).getByRole('combobox');
  await box.fill('masuk angin sekali');
  await expect(visit(page).getByText(w('visit-diagnosis-none'))).toBeVisible();
  await box.press('Enter');
  await expect(visit(page).getByRole('list', { name: w('visit-diagnoses') })).toContainText('masuk angin sekali');
});

test('what was typed is there again after a reload', async () => {
  const { page } = front;
  await field(visit(page), w('visit-subjective')).fill('Headache since Monday, worse at noon');
  await field(visit(page), w('visit-plan')).fill('Salt less, walk more');
  await savedHere(page);
  await page.reload();
  await unlock(page);
  await reopen();
  await expect(visit(page).getByText(w('visit-resumed'))).toBeVisible();
  await expect(field(visit(page), w('visit-subjective'))).toHaveValue('Headache since Monday, worse at noon');
  await expect(vital('vital-systolic')).toHaveValue('148');
  await expect(visit(page).getByRole('list', { name: w('visit-diagnoses') })).toContainText('I10');
});

test('a lock in the middle of a word keeps the word', async () => {
  const { page } = front;
  await field(visit(page), w('visit-assessment')).pressSequentially('Hypertension, not controlled');
  await page.keyboard.press('Control+Shift+L');
  await expect(button(page, w('lock-open'))).toBeVisible();
  await unlock(page);
  await reopen();
  await expect(field(visit(page), w('visit-assessment'))).toHaveValue('Hypertension, not controlled');
});

test('leaving keeps the draft, and its own author is told that it waits', async () => {
  const { page } = front;
  await button(visit(page), w('visit-leave')).last().click();
  await expect(visit(page)).toHaveCount(0);
  await expect(page.getByText(like('chart-draft-waits'))).toBeVisible();
  await expect(page.locator('#chart-new-visit')).toHaveText(w('visit-resume'));
});

test('a discarded draft is asked about and can be had back', async () => {
  const { page } = front;
  await openVisit(page);
  await button(visit(page), w('visit-discard')).click();
  await button(page.getByRole('dialog'), w('visit-discard')).click();
  await expect(visit(page)).toHaveCount(0);
  await button(page, w('visit-undo')).click();
  await expect(page.getByText(w('visit-undone'))).toBeVisible();
  await openVisit(page);
  await expect(field(visit(page), w('visit-assessment'))).toHaveValue('Hypertension, not controlled');
});

test('the review shows two identifiers, the allergies and every line once more, and then it is signed', async () => {
  const { page } = front;
  await button(visit(page), w('visit-review')).click();
  const review = page.getByRole('region', { name: w('visit-review-title') });
  for (const shown of ['PAGI, Melati', '14-Jul-1961', w('allergies-not-recorded'), 'Headache since Monday', 'Salt less', '148', '36.8', '25.8', 'I10', 'J06.9', 'masuk angin sekali']) {
    await expect(review).toContainText(shown);
  }
  await expect(field(visit(page), w('visit-subjective'))).toHaveCount(0);
  await button(visit(page), w('visit-sign')).click();
  await expect(page.getByText(like('visit-signed'))).toBeVisible();
  await expect(visit(page)).toHaveCount(0);
  await expect(page.locator('#chart-new-visit')).toHaveText(w('visit-new'));
});

test('a signed note offers an addendum and no way to change it', async () => {
  const { page } = front;
  await section(page, 'documents').click();
  await page.getByRole('main').getByRole('button', { name: new RegExp(w('chart-signed')) }).first().click();
  const panel = page.locator('.chart-panel');
  await expect(panel).toContainText('Headache since Monday');
  await expect(panel.getByRole('textbox')).toHaveCount(0);
  await expect(button(panel, w('edit'))).toHaveCount(0);
  await button(panel, w('chart-add-addendum')).click();
  await field(page, w('chart-addendum-text')).fill('Pressure taken again after rest: 132 over 84');
  await button(page, w('chart-addendum-sign')).click();
  await expect(panel.getByText('Pressure taken again after rest')).toBeVisible();
  await expect(panel).toContainText('Headache since Monday');
});

test('an empty visit cannot be signed, and leaves no draft behind', async () => {
  const { page } = front;
  await openVisit(page);
  await expect(button(visit(page), w('visit-review'))).toBeDisabled();
  await button(visit(page), w('visit-leave')).last().click();
  await expect(visit(page)).toHaveCount(0);
  await expect(page.locator('#chart-new-visit')).toHaveText(w('visit-new'));
});

test('the signed visit leaves as FHIR: encounter, note, vital signs and coded diagnoses', async () => {
  const { page } = front;
  const { name, text, bundle } = await exportPatient(page);
  expect(name, 'a file name says nothing about a patient').not.toMatch(/melati|pagi/i);
  keepExport('visit.json', text);
  const of = (type: string) => bundle.entry.map((entry) => entry.resource).filter((resource) => resource.resourceType === type);
  expect(of('Patient')).toHaveLength(1);
  expect(of('Encounter')).toMatchObject([{ status: 'finished' }]);
  expect(of('Composition').length).toBe(2);
  const coded = JSON.stringify(of('Observation'));
  for (const loinc of ['8480-6', '8462-4', '8867-4', '8310-5', '29463-7', '8302-2', '39156-5']) expect(coded, loinc).toContain(loinc);
  expect(JSON.stringify(of('Condition'))).toContain('"I10"');
  expect(front.errors()).toEqual([]);
});
