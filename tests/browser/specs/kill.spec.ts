// The battery dies: the browser is killed between a keystroke and the save, and while things are being written.

import { button, createClinic, field, register, unlock } from '../help/app.ts';
import { openVisit, savedHere, visit } from '../help/chart.ts';
import { expect, test } from '../help/clinic.ts';
import { like, w } from '../help/words.ts';

test('a browser killed while somebody types opens again with the draft, at most the last second short', async ({ tablet }) => {
  const front = await tablet('front desk');
  await createClinic(front);
  await register(front.page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female' });
  await openVisit(front.page);
  const kept = 'Cough for three days, no fever.';
  await field(visit(front.page), w('visit-subjective')).fill(kept);
  await savedHere(front.page);
  const typed = ' Sleeps badly since the rain began and the roof leaks over the bed.';
  await field(visit(front.page), w('visit-subjective')).press('End');
  await front.page.keyboard.type(typed, { delay: 20 });
  await front.kill();

  const page = await front.open();
  await unlock(page);
  const drafts = page.getByRole('region', { name: w('today-drafts') });
  await drafts.getByRole('button', { name: /PAGI, Melati/ }).click();
  const subjective = field(visit(page), w('visit-subjective'));
  await expect(subjective).toBeVisible();
  const found = await subjective.inputValue();
  expect(kept + typed).toContain(found);
  expect(found.startsWith(kept), `the saved words are all there: “${found}”`).toBe(true);

  await field(visit(page), w('visit-plan')).fill('Steam, honey, back on Friday');
  await button(visit(page), w('visit-review')).click();
  await button(visit(page), w('visit-sign')).click();
  await expect(page.getByText(like('visit-signed'))).toBeVisible();
  await front.kill();

  const again = await front.open();
  await unlock(again);
  await expect(again.getByText(w('today-no-drafts'))).toBeVisible();
  await again.getByRole('region', { name: w('today-recent') }).getByRole('button', { name: /PAGI, Melati/ }).click();
  await expect(again.getByRole('navigation', { name: w('chart-sections') }).getByRole('button', { name: new RegExp(`^${w('chart-encounters')}`) })).toContainText('1');
  expect(front.errors()).toEqual([]);
});
