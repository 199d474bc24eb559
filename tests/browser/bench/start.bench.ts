// From an address typed for the first time to a screen that answers.

import { expect, test } from '../help/clinic.ts';
import { figure, median } from '../help/figure.ts';

test('first visit', async ({ tablet }) => {
  const shown: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const front = await tablet(`round ${round}`);
    await expect(front.page.locator('main:not(.boot) h1')).toBeVisible();
    shown.push(await front.page.evaluate(() => performance.now()));
    await front.close();
  }
  figure('first visit to first screen', median(shown), 'ms', 'empty profile, server on this machine, median of 5');
});
