// The chart of an imported life: everything that came in is there to read, and the banner says who it is and what harms them.

import { button, createClinic, field, find, go, register } from '../help/app.ts';
import { banner, commit, preview, section } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { TABLET } from '../help/device.ts';
import { syntheaFixtures } from '../help/paths.ts';
import { SIZES } from '../help/shot.ts';
import { readFileSync } from 'node:fs';
import { like, w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front, 'Klinik Melati', 'Sri Wahyuni');
});
test.afterAll(() => front.close());

const bundle = syntheaFixtures().find((path) => path.includes('enda-schaefer'))!;
const types = (): string[] => {
  const { entry } = JSON.parse(readFileSync(bundle, 'utf8')) as { entry: { resource: { resourceType: string } }[] };
  return [...new Set(entry.map(({ resource }) => resource.resourceType))];
};

test('an imported patient stands in the list with both identifiers in the banner', async () => {
  const { page } = front;
  await preview(page, bundle);
  await commit(page);
  await find(page, 'schaefer');
  await expect(banner(page)).toContainText(/SCHAEFER\d*, Enda/);
  await expect(banner(page)).toContainText(/\d{1,2}-[A-Z][a-z]{2}-\d{4} \(\d+ years\)/);
});

test('the timeline holds every type of resource that came in, and opens each of them', async () => {
  const { page } = front;
  await section(page, 'timeline').click();
  const chips = page.getByRole('group', { name: w('chart-filter') });
  const own = types().filter((type) => !['Patient', 'Organization', 'Practitioner', 'Location'].includes(type));
  expect(own.length).toBeGreaterThan(8);
  for (const type of own) {
    await chips.getByRole('button', { name: new RegExp(`^${w(`fhir-${type.toLowerCase()}`)}\\s*[\\d,.]+$`) }).click();
    const line = page.locator('.day').getByRole('button').first();
    await expect(line, type).toBeVisible();
    await line.click();
    const panel = page.locator('.chart-panel');
    await expect(panel.locator('.panel-body')).toBeVisible();
    await button(panel, w('chart-tab-json')).click();
    await expect(panel.locator('pre')).toContainText(`"resourceType": "${type}"`);
    await button(panel, w('close')).click();
  }
});

test('a long timeline is drawn in parts and says how much there is', async () => {
  const { page } = front;
  await button(page.getByRole('group', { name: w('chart-filter') }), new RegExp(`^${w('chart-all')}`)).click();
  await expect(page.getByText(like('showing-of'))).toBeVisible();
  const before = await page.locator('.day li').count();
  await button(page, w('chart-show-more')).click();
  await expect.poll(() => page.locator('.day li').count()).toBeGreaterThan(before);
});

test('each section opens by its letter', async () => {
  const { page } = front;
  for (const [letter, name] of [['s', 'summary'], ['p', 'problems'], ['a', 'allergies'], ['m', 'medications'], ['v', 'vitals'], ['r', 'results'], ['e', 'encounters'], ['i', 'immunizations'], ['d', 'documents'], ['u', 'access-log'], ['l', 'timeline']] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await expect(section(page, name)).toHaveAttribute('aria-current', 'page');
    await expect(page.getByRole('heading', { level: 2, name: w(`chart-${name}`) })).toBeVisible();
  }
});

test('held upright, the row of sections moves to the one that was opened', async () => {
  const { page } = front;
  await page.setViewportSize(SIZES.portrait);
  for (const [letter, name] of [['u', 'access-log'], ['s', 'summary'], ['l', 'timeline']] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await expect(section(page, name)).toHaveAttribute('aria-current', 'page');
    await expect(section(page, name)).toBeInViewport({ ratio: 1 });
  }
  await page.setViewportSize(TABLET);
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await page.setViewportSize(SIZES.portrait);
  await expect(section(page, 'access-log'), 'turned while it was open').toBeInViewport({ ratio: 1 });
  await page.setViewportSize(TABLET);
});

test('vital signs are charted with a table for those who cannot see the line', async () => {
  const { page } = front;
  await section(page, 'vitals').click();
  await expect(page.getByRole('figure').filter({ hasText: w('vital-weight') })).toBeVisible();
  await page.getByText(w('chart-table')).first().click();
  await expect(page.getByRole('table').first()).toBeVisible();
});

test('reading a chart leaves a line in its access log', async () => {
  const { page } = front;
  await section(page, 'access-log').click();
  await expect(page.getByRole('main')).toContainText(w('audit-opened-chart'));
  await expect(page.getByRole('main')).toContainText('Sri Wahyuni');
});

test('the banner tells four states of allergies apart: not asked, none known, known, and struck as an error', async () => {
  const { page } = front;
  await register(page, { given: 'Sukarni', age: '40', sex: 'male' });
  await expect(banner(page)).toContainText(w('allergies-not-recorded'));
  await section(page, 'allergies').click();
  await button(page.getByRole('main'), w('chart-no-known-allergies')).first().click();
  await button(page.locator('.chart-panel'), w('save')).click();
  await expect(banner(page)).toContainText(w('allergies-none-known'));
  await button(page.getByRole('main'), w('chart-add-allergy')).first().click();
  await field(page, w('allergy-substance')).fill('Penicillin');
  await field(page, w('allergy-reaction')).fill('Rash');
  await page.getByRole('radio', { name: w('allergy-severity-moderate'), exact: true }).check();
  await button(page.locator('.chart-panel'), w('save')).click();
  await expect(banner(page)).toContainText(`${w('allergies-known')}: Penicillin`);

  await page.getByRole('main').getByRole('button', { name: /Penicillin/ }).last().click();
  const panel = page.locator('.chart-panel');
  await button(panel, w('chart-mark-error')).click();
  await field(page, w('chart-error-reason')).fill('Wrong patient');
  await button(page.getByRole('dialog'), w('chart-mark-error')).click();
  await expect(banner(page)).not.toContainText('Penicillin');
  await expect(panel).toContainText(w('status-entered-in-error'));
});

test('the other language says the same chart in its own words', async () => {
  const { page } = front;
  await go(page, 'settings');
  await page.getByRole('radio', { name: 'Indonesia' }).check();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(w('title-settings', 'id'));
  await page.goBack();
  await expect(page.getByLabel(w('chart-banner', 'id'), { exact: true })).toContainText('SUKARNI');
  await page.goForward();
  await page.getByRole('radio', { name: 'English' }).check();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(w('title-settings'));
  expect(front.errors()).toEqual([]);
});
