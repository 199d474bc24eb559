// The lock: opened by the right passphrase alone, slower after each wrong one, closed by neglect or in a hurry.

import { createClinic, field, go, lock, PASSPHRASE, tryUnlock, unlock } from '../help/app.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { w } from '../help/words.ts';

test.describe.configure({ mode: 'serial' });

let front: Device;
test.beforeAll(async ({ server }) => {
  front = await Device.open('front desk', server.url);
  await createClinic(front, 'Klinik Melati', 'Sri Wahyuni');
});
test.afterAll(() => front.close());

const unlockButton = () => front.page.getByRole('button', { name: w('lock-open') });

test('locking shows nobody but the staff, and the passphrase opens again where the day begins', async () => {
  const { page } = front;
  await lock(page);
  await expect(page.getByText('Sri Wahyuni')).toBeVisible();
  await expect(page.getByRole('navigation', { name: w('rail-label') })).toHaveCount(0);
  await unlock(page);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Sri Wahyuni');
});

test('locked, no address leads past the lock', async () => {
  const { page } = front;
  await lock(page);
  for (const path of ['/find', '/chart', '/exchange', '/audit', '/settings']) {
    await page.goto(front.home + path);
    await expect(unlockButton()).toBeVisible();
  }
  await page.goto(`${front.home}/`);
  await unlock(page);
});

test('a wrong passphrase gets a plain word and a wait that grows, also after a reload', async () => {
  const { page } = front;
  await lock(page);
  const waits: number[] = [];
  for (const wrong of ['not this one either', 'nor that one at all', 'and this one neither']) {
    await expect(field(page, w('passphrase'))).toBeEditable();
    await expect(page.getByText(/Try again in \d+ second/)).toHaveCount(0, { timeout: 60_000 });
    await tryUnlock(page, wrong);
    const said = page.getByText(/^That passphrase is not right\.( Try again in \d+ seconds?\.)?$/);
    await expect(said).toBeVisible({ timeout: 60_000 });
    const wait = page.getByText(/Try again in \d+ second/);
    await expect(wait).toBeVisible();
    waits.push(Number((await wait.innerText()).match(/in (\d+)/)?.[1]));
    await expect(unlockButton()).toBeDisabled();
  }
  expect(waits[2], `waits of ${waits.join(', ')} seconds`).toBeGreaterThan(waits[0]!);
  await page.reload();
  await expect(unlockButton()).toBeDisabled();
  await expect(unlockButton()).toBeEnabled({ timeout: 60_000 });
  await unlock(page);
});

test('Ctrl+Shift+L locks at once, even while somebody writes', async () => {
  const { page } = front;
  await go(page, 'find');
  await page.getByRole('combobox').fill('mela');
  await page.keyboard.press('Control+Shift+L');
  await expect(unlockButton()).toBeVisible();
  await unlock(page);
});

test('nobody there for a while: it warns, a touch keeps it open, neglect locks it', async () => {
  const { page } = front;
  // Timers that began before the clock was taken over would run by the true one.
  await page.clock.install();
  await page.reload();
  await unlock(page);
  await go(page, 'settings');
  await page.getByRole('group', { name: w('settings-idle') }).getByRole('radio', { name: '1 min' }).check();
  await page.clock.fastForward(45_000);
  const warning = page.getByRole('dialog', { name: w('idle-title') });
  await expect(warning).toBeVisible();
  await warning.getByRole('button', { name: w('idle-stay') }).click();
  await expect(warning).toHaveCount(0);
  await page.clock.fastForward(70_000);
  await expect(unlockButton()).toBeVisible();
  await expect(page.getByText(w('lock-idle'))).toBeVisible();
  await tryUnlock(page, PASSPHRASE);
  await expect(page.getByRole('navigation', { name: w('rail-label') }).first()).toBeVisible({ timeout: 60_000 });
  expect(front.errors()).toEqual([]);
});
