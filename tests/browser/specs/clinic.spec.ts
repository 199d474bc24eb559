// The first morning: a clinic is made, the demo is looked at, the browser may install the app.

import { createClinic, field, go, openDemo, PASSPHRASE } from '../help/app.ts';
import { expect, test } from '../help/clinic.ts';
import { w } from '../help/words.ts';

test('a clinic is made of a name, a person and a passphrase, and is there after a reload', async ({ tablet }) => {
  const front = await tablet('front desk');
  const page = await createClinic(front, 'Klinik Kenanga', 'Bidan Wulan');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Bidan Wulan');
  await expect(page.getByText('No patients yet')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Klinik Kenanga');
  await expect(page.getByRole('button', { name: w('lock-open') })).toBeVisible();
  expect(front.errors()).toEqual([]);
});

test('a clinic wants its names and a passphrase worth the name before it is made', async ({ tablet }) => {
  const { page } = await tablet('front desk');
  await page.getByRole('button', { name: /^Create a clinic/ }).click();
  await page.getByRole('button', { name: w('welcome-create') }).click();
  await expect(page.getByText(w('field-required')).first()).toBeVisible();
  await field(page, w('clinic-name')).fill('Klinik Kenanga');
  await field(page, w('your-name')).fill('Bidan Wulan');
  await field(page, w('passphrase')).fill('short');
  await field(page, w('passphrase-again')).fill('other');
  await page.getByRole('button', { name: w('welcome-create') }).click();
  await expect(page.getByText(/^Use at least \d+ characters\.$/)).toBeVisible();
  await field(page, w('passphrase')).fill(PASSPHRASE);
  await expect(page.getByText(w('passphrase-differs'))).toBeVisible();
});

test('the demo clinic opens in one click with some fifty people who have histories', async ({ tablet }) => {
  const front = await tablet('front desk');
  const page = await openDemo(front);
  await expect(page.getByText(w('demo-banner'))).toBeVisible();
  const told = await page.getByText(/^\d+ patients in this clinic$/).innerText();
  const patients = Number(told.split(' ')[0]);
  expect(patients).toBeGreaterThanOrEqual(45);
  expect(patients).toBeLessThanOrEqual(60);
  await go(page, 'find');
  await page.getByRole('option').first().click();
  const rail = page.getByRole('navigation', { name: w('chart-sections') });
  await rail.getByRole('button', { name: /^Timeline/ }).click();
  await expect(page.getByRole('heading', { level: 3 }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^All\s*\d+/ })).toBeVisible();
  expect(front.errors()).toEqual([]);
});

test('the browser is told how to install the app, and its service worker holds the page', async ({ tablet, server }) => {
  const front = await tablet('front desk');
  await front.installed();
  const manifest = await front.page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    return link ? await (await fetch(link.href)).json() : null;
  });
  expect(manifest).toMatchObject({ display: 'standalone', start_url: expect.any(String), name: expect.stringContaining(w('app-name')) });
  const sizes = manifest.icons.map((icon: { sizes: string }) => icon.sizes);
  expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']));
  for (const { src } of manifest.icons) {
    const answer = await fetch(new URL(src, server.url));
    expect(answer.headers.get('content-type'), src).toMatch(/^image\//);
  }
  expect(await front.page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
  const devtools = await front.context.newCDPSession(front.page);
  const { errors } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map((fault) => fault.errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
});
