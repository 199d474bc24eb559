// The built app, as served: it opens, keeps to its own origin, obeys its own policy, and opens again without a network.

import { type Device, expect, type Server, test } from '../help/clinic.ts';
import { axeBoth } from '../help/axe.ts';
import { button } from '../help/app.ts';
import { leaksOnServer } from '../help/canary.ts';
import { w } from '../help/words.ts';

/** Leaves nothing of the app on the tablet, as before a first visit. */
async function forgotten(front: Device, server: Server): Promise<void> {
  await front.page.goto(`${server.url}/healthz`);
  const tools = await front.context.newCDPSession(front.page);
  await tools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'all' });
}

test('a first visitor is welcomed before the engine has come, and what they choose is done when it has', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await forgotten(front, server);
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await front.context.route('**/engine_bg.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await front.page.goto(server.url);
  await button(front.page, new RegExp(`^${w('welcome-demo')}`)).click();
  await expect(front.page.getByRole('heading', { name: w('welcome-demo') })).toBeVisible();
  letGo();
  await expect(front.page.getByRole('navigation').first()).toBeVisible({ timeout: 120_000 });
  expect(front.errors()).toEqual([]);
});

test('when the engine does not come, the page says that it cannot start', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await forgotten(front, server);
  await front.context.route('**/engine_bg.wasm', (route) => route.abort());
  await front.page.goto(server.url);
  await expect(front.page.getByRole('alert').filter({ hasText: 'could not start' })).toBeVisible();
});

test('the app opens and says nothing wrong', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await expect(front.page.locator('h1')).toBeVisible();
  expect(front.errors()).toEqual([]);
  const foreign = front.urls.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
  expect(foreign, 'every request stays at home').toEqual([]);
});

test('the first screen has no accessibility faults, light or dark', async ({ tablet }) => {
  const front = await tablet('front desk');
  await expect(front.page.locator('h1')).toBeVisible();
  await axeBoth(front.page, 'the first screen');
});

test('every answer carries the strict headers', async ({ server }) => {
  for (const path of ['/', '/healthz', '/no-such-file.js', '/sw.js', '/manifest.webmanifest']) {
    const { headers } = await fetch(server.url + path);
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
    expect(headers.get('content-security-policy'), path).not.toContain('unsafe-inline');
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy'), path).toBe('require-corp');
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('referrer-policy'), path).toBe('no-referrer');
  }
});

test('once installed, it opens with the server gone and the network cut', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await expect(front.page.locator('h1')).toBeVisible();
  await front.installed();
  const heading = await front.page.locator('h1').innerText();
  await server.stop();
  try {
    await front.offline();
    await front.page.reload();
    await expect(front.page.locator('h1')).toHaveText(heading);
  } finally {
    await front.offline(false);
    await server.start();
  }
});

test('a browser that is killed comes back with its profile', async ({ tablet }) => {
  const front = await tablet('front desk');
  await expect(front.page.locator('h1')).toBeVisible();
  await front.page.evaluate(() => localStorage.setItem('lucerna-test', 'kept'));
  // Chromium writes local storage with a delay, so it is closed properly once before it is killed.
  await front.off();
  await front.open();
  await front.kill();
  const page = await front.open();
  await expect(page.locator('h1')).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('lucerna-test'))).toBe('kept');
});

test('two tablets do not share a profile', async ({ tablet, server }) => {
  const [one, other] = [await tablet('one'), await tablet('other')];
  await one.page.evaluate(() => localStorage.setItem('lucerna-test', 'canary-word-of-one'));
  expect(await other.page.evaluate(() => localStorage.getItem('lucerna-test'))).toBeNull();
  expect(leaksOnServer(server, ['canary-word-of-one'])).toEqual([]);
});
