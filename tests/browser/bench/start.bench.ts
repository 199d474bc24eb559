// From an address typed to a screen that answers: the first visit, and every later one from the device itself.

import { expect, test } from '../help/clinic.ts';
import { figure, median } from '../help/figure.ts';

const APP = 'main:not(.boot) h1';

test('cold start', async ({ tablet }) => {
  const [first, later]: number[][] = [[], []];
  for (let round = 0; round < 5; round += 1) {
    const front = await tablet(`round ${round}`, {});
    const shown = () => front.page.evaluate(() => performance.now());
    await expect(front.page.locator(APP)).toBeVisible();
    first!.push(await shown());
    await front.installed();
    await front.off();
    const page = await front.open();
    await expect(page.locator(APP)).toBeVisible();
    later!.push(await shown());
    await front.close();
  }
  figure('first visit to first screen', median(first!), 'ms', 'empty profile, server on this machine, median of 5');
  figure('cold start to first screen', median(later!), 'ms', 'installed, browser started afresh, median of 5');
});
