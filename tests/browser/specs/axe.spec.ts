// Every screen in both colour schemes, looked over by axe-core: no violation at WCAG 2.2 AA nor of its best practices.

import { axeBoth } from '../help/axe.ts';
import { button, createClinic, field, find, go, lock, openDemo, register, tryUnlock, unlock } from '../help/app.ts';
import { openVisit, preview, section, toCode, visit } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { fixtures, syntheaFixtures } from '../help/paths.ts';
import { join } from 'node:path';
import { w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
});
test.afterAll(() => front.close());

test('the screens before there is a clinic', async () => {
  const { page } = front;
  await axeBoth(page, 'welcome');
  await button(page, new RegExp(`^${w('welcome-create')}`)).click();
  await button(page, w('welcome-create')).click();
  await axeBoth(page, 'create, with what is missing');
  await button(page, w('back')).click();
  await button(page, new RegExp(`^${w('welcome-join')}`)).click();
  await axeBoth(page, 'join');
  await page.reload();
});

test('an empty clinic, its lock and a wrong passphrase', async () => {
  const { page } = front;
  await createClinic(front);
  await axeBoth(page, 'today, empty');
  await go(page, 'conflicts');
  await axeBoth(page, 'conflicts, empty');
  await lock(page);
  await axeBoth(page, 'lock');
  await tryUnlock(page, 'not the right words');
  await expect(page.getByText(/Try again in \d+ second/)).toBeVisible({ timeout: 60_000 });
  await axeBoth(page, 'lock after a wrong passphrase');
  await expect(button(page, w('lock-open'))).toBeEnabled({ timeout: 60_000 });
  await unlock(page);
});

test('registering with faults, finding, and finding nobody', async () => {
  const { page } = front;
  await register(page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female', nik: '3171025407610003' });
  await go(page, 'find');
  await button(page, w('register-patient')).click();
  await button(page, w('register-save')).click();
  await field(page, w('form-family')).fill('Pagi');
  await field(page, w('form-birth')).fill('14/7/1961');
  await field(page, w('form-nik')).fill('3171');
  await axeBoth(page, 'register with faults and a likely duplicate');
  await button(page, w('cancel')).click();
  await axeBoth(page, 'leaving the form, asked');
  await button(page, w('leave-go')).click();
  await page.getByRole('combobox').fill('pagi');
  await expect(page.getByRole('option').first()).toBeVisible();
  await axeBoth(page, 'find');
  await page.getByRole('combobox').fill('nobody of this name');
  await expect(page.getByText(w('find-nobody'))).toBeVisible();
  await axeBoth(page, 'find nobody');
});

test('the exchange: offer, refusal, preview and report', async () => {
  const { page } = front;
  await go(page, 'exchange');
  await axeBoth(page, 'exchange');
  await preview(page, join(fixtures, 'broken/gender-not-a-code.json'));
  await axeBoth(page, 'import refused');
  await preview(page, syntheaFixtures()[0]!);
  await axeBoth(page, 'import preview');
  await page.locator('#import-commit').click();
  await expect(button(page, w('import-more-files'))).toBeVisible({ timeout: 90_000 });
  await axeBoth(page, 'import report');
  await page.locator('#export-clinic').click();
  await axeBoth(page, 'export, asked');
  await button(page.getByRole('dialog'), w('cancel')).click();
});

test('each section of a full chart, and one resource beside it', async () => {
  test.setTimeout(240_000);
  const { page } = front;
  await find(page, 'schaefer');
  for (const name of ['summary', 'timeline', 'problems', 'allergies', 'medications', 'vitals', 'results', 'encounters', 'immunizations', 'documents', 'access-log']) {
    await section(page, name).click();
    await expect(page.getByRole('heading', { level: 2, name: w(`chart-${name}`) })).toBeVisible();
    await axeBoth(page, `chart, ${name}`);
  }
  await section(page, 'immunizations').click();
  await page.locator('.line').first().click();
  for (const tab of ['chart-tab-read', 'chart-tab-history', 'chart-tab-json']) {
    await button(page.locator('.chart-panel'), w(tab)).click();
    await axeBoth(page, tab);
  }
  await section(page, 'allergies').click();
  await button(page.getByRole('main'), w('chart-add-allergy')).first().click();
  await axeBoth(page, 'allergy form');
});

test('a visit with flags and a diagnosis, and its review', async () => {
  const { page } = front;
  await find(page, 'melati');
  await openVisit(page);
  await field(visit(page), w('visit-subjective')).fill('Headache');
  await field(visit(page), w('vital-systolic')).fill('168');
  await field(visit(page), w('vital-diastolic')).fill('92');
  await field(visit(page), w('vital-temperature')).fill('368');
  await toCode(page, 'I10', 'I10');
  await visit(page).getByRole('combobox').fill('hypertension');
  await expect(visit(page).getByRole('option').first()).toBeVisible();
  await axeBoth(page, 'visit');
  await visit(page).getByRole('combobox').fill('');
  await button(visit(page), w('visit-discard')).click();
  await axeBoth(page, 'discarding a draft, asked');
  await button(page.getByRole('dialog'), w('visit-return')).click();
  await button(visit(page), w('visit-review')).click();
  await axeBoth(page, 'review');
});

test('devices with an invitation, settings, security, the access log and the menu', async () => {
  const { page } = front;
  await go(page, 'devices');
  await axeBoth(page, 'devices');
  await button(page, w('alone-pair')).first().click();
  await expect(page.getByText(/^\d{4}\s\d{4}\s\d{4}$/)).toBeVisible();
  await axeBoth(page, 'an invitation');
  for (const title of ['title-settings', 'title-security', 'title-audit'] as const) {
    await button(page, w('shell-menu')).click();
    if (title === 'title-settings') await axeBoth(page, 'menu');
    await button(page.getByRole('dialog'), w(title)).click();
    await expect(page.getByRole('heading', { level: 1, name: w(title) })).toBeVisible();
    await axeBoth(page, title);
  }
  await page.keyboard.press('?');
  await axeBoth(page, 'shortcuts');
  expect(front.errors()).toEqual([]);
});

test('the demo clinic in Indonesian', async ({ tablet }) => {
  const demo = await tablet('demo', { locale: 'id-ID' });
  await demo.page.getByRole('radio', { name: 'English' }).check();
  const page = await openDemo(demo);
  await go(page, 'settings');
  await page.getByRole('radio', { name: 'Bahasa Indonesia' }).check();
  await page.getByRole('navigation', { name: w('rail-label', 'id') }).first().getByRole('button').first().click();
  await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
  await axeBoth(page, 'today in Indonesian');
});
