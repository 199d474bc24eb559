// Pictures of the day's screens, for a person to look at: four sizes, light and dark. It asserts nothing but that the screens come.

import { button, createClinic, field, find, fillPerson, go, lock, openDemo } from '../help/app.ts';
import { openVisit, preview, section, toCode, visit } from '../help/chart.ts';
import { expect, test } from '../help/clinic.ts';
import { syntheaFixtures } from '../help/paths.ts';
import { shot } from '../help/shot.ts';
import { w } from '../help/words.ts';

test.setTimeout(600_000);

test('before there is a clinic, and an empty one', async ({ tablet }) => {
  const front = await tablet('front desk');
  const { page } = front;
  await shot(page, '01-welcome');
  await button(page, new RegExp(`^${w('welcome-create')}`)).click();
  await shot(page, '02-create');
  await page.reload();
  await createClinic(front);
  await shot(page, '03-today-empty');
  await lock(page);
  await shot(page, '04-lock');
});

test('the demo clinic', async ({ tablet }) => {
  const front = await tablet('front desk');
  const page = await openDemo(front);
  await shot(page, '10-today');
  await go(page, 'find');
  await page.getByRole('combobox').fill('a');
  await expect(page.getByRole('option').first()).toBeVisible();
  await shot(page, '11-find');
  await button(page, w('register-patient')).click();
  await fillPerson(page, { given: 'Melati', birth: '14/7/1961', sex: 'female', nik: '3171025407610003', phone: '081234567890' });
  await shot(page, '12-register');
  await button(page, w('cancel')).click();
  await button(page, w('leave-go')).click();
  await go(page, 'exchange');
  await preview(page, syntheaFixtures());
  await shot(page, '20-import-preview');
  await page.locator('#import-commit').click();
  await expect(button(page, w('import-more-files'))).toBeVisible({ timeout: 90_000 });
  await shot(page, '21-import-report');
  await find(page, 'schaefer');
  for (const name of ['summary', 'timeline', 'vitals', 'results', 'access-log']) {
    await section(page, name).click();
    await shot(page, `13-chart-${name}`);
  }
  await section(page, 'summary').click();
  await openVisit(page);
  await field(visit(page), w('visit-subjective')).fill('Headache for three days, worse in the morning.');
  await field(visit(page), w('vital-systolic')).fill('168');
  await field(visit(page), w('vital-diastolic')).fill('92');
  await field(visit(page), w('vital-temperature')).fill('36.8');
  await toCode(page, 'I10', 'I10');
  await shot(page, '14-visit');
  await button(visit(page), w('visit-review')).click();
  await shot(page, '15-review');
  await go(page, 'devices');
  await shot(page, '30-devices');
  for (const title of ['title-settings', 'title-security', 'title-audit'] as const) {
    await button(page, w('shell-menu')).click();
    await button(page.getByRole('dialog'), w(title)).click();
    await expect(page.getByRole('heading', { level: 1, name: w(title) })).toBeVisible();
    await shot(page, `31-${title.slice('title-'.length)}`);
  }
});
