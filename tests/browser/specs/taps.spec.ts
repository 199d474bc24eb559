// How many taps the day's three commonest tasks take. A tap is a press of the pointer anywhere on the page; typing and Enter are none.

import { atChart, button, createClinic, field, register } from '../help/app.ts';
import { banner, visit } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { like, w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front);
  await register(front.page, { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female' });
  await front.page.evaluate(() => {
    const counted = window as unknown as { taps: number };
    addEventListener('pointerdown', () => (counted.taps += 1), true);
  });
});
test.afterAll(() => front.close());

/** Taps since the last call, or since `taps` was set. */
async function begin(): Promise<void> {
  await front.page.evaluate(() => ((window as unknown as { taps: number }).taps = 0));
}
const taps = () => front.page.evaluate(() => (window as unknown as { taps: number }).taps);

test('finding a patient takes two taps', async () => {
  const { page } = front;
  await button(page, w('rail-today')).click();
  await begin();
  await button(page.getByRole('banner'), new RegExp(`^${w('shell-find')}`)).click();
  await page.keyboard.type('pagi');
  await page.getByRole('option').first().click();
  await atChart(page);
  await expect(banner(page)).toContainText('PAGI, Melati');
  expect(await taps()).toBeLessThanOrEqual(2);
});

test('registering is one screen with at most six required fields', async () => {
  const { page } = front;
  await button(page, w('rail-find')).click();
  await button(page, w('register-patient')).click();
  const required = page.locator('form label, form legend').filter({ has: page.locator('.required') });
  const count = await required.count();
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(6);
  await expect(field(page, w('form-given'))).toBeFocused();
  await begin();
  await page.keyboard.type('Sukarni');
  for (let at = 0; at < 3; at += 1) await page.keyboard.press('Tab');
  await page.keyboard.type('1980');
  await page.keyboard.press('Enter');
  await atChart(page);
  await expect(banner(page)).toContainText('SUKARNI');
  expect(await taps(), 'the keyboard alone is enough').toBe(0);
});

test('from an open visit to a signed one it takes two taps that are not typing', async () => {
  const { page } = front;
  await page.locator('#chart-new-visit').click();
  await expect(field(visit(page), w('visit-subjective'))).toBeFocused();
  await begin();
  await page.keyboard.type('Dizzy when standing up');
  await page.keyboard.press('Tab');
  await expect(field(visit(page), w('vital-systolic'))).toBeFocused();
  for (const value of ['118', '76', '82', '16', '36.7', '98', '62', '155', '0']) {
    await page.keyboard.type(value);
    await page.keyboard.press('Enter');
  }
  for (const [key, text] of [['visit-objective', 'Pale'], ['visit-assessment', 'Orthostatic'], ['visit-plan', 'Drink more']] as const) {
    const box = field(visit(page), w(key));
    for (let at = 0; at < 6 && !(await box.evaluate((node) => node === document.activeElement)); at += 1) await page.keyboard.press('Tab');
    await expect(box).toBeFocused();
    await page.keyboard.type(text);
    if (key === 'visit-assessment') {
      await page.keyboard.press('Tab');
      await page.keyboard.type('I95.1');
      await expect(visit(page).getByRole('option').first()).toContainText('I95.1');
      await page.keyboard.press('Enter');
    }
  }
  await button(visit(page), w('visit-review')).click();
  await button(visit(page), w('visit-sign')).click();
  await expect(page.getByText(like('visit-signed'))).toBeVisible();
  expect(await taps()).toBeLessThanOrEqual(2);
});

test('a visit can be signed by the keyboard alone', async () => {
  const { page } = front;
  await page.keyboard.press('n');
  await expect(field(visit(page), w('visit-subjective'))).toBeFocused();
  await begin();
  await page.keyboard.type('Better today');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { name: w('visit-review-title') })).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await expect(visit(page)).toHaveCount(0);
  expect(await taps()).toBe(0);
});
