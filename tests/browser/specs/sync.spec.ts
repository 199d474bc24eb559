// Two tablets, each a browser of its own: pairing, live sync over WebRTC and over the relay, work done apart, conflicts.

import { leaksOnServer } from '../help/canary.ts';
import { button, createClinic, field, find, go, PASSPHRASE, register, unlock } from '../help/app.ts';
import { type Device, expect, test } from '../help/clinic.ts';
import { invite, join, pair, scanned } from '../help/pair.ts';
import { like, w } from '../help/words.ts';

const MELATI = { given: 'Melati', family: 'Pagi', birth: '14/7/1961', sex: 'female', phone: '+62 812 0000 0001' } as const;

/** A browser in which no peer connection can be made, as behind a strict firewall. */
async function withoutWebRtc(device: Device): Promise<void> {
  await device.context.addInitScript(() => {
    const Refused = class {
      constructor() {
        throw new DOMException('blocked by policy', 'NotAllowedError');
      }
    };
    Object.defineProperty(window, 'RTCPeerConnection', { value: Refused });
  });
  await device.page.reload();
}

async function edit(page: Device['page'], change: { birth?: string; phone?: string }): Promise<void> {
  await button(page, w('chart-edit')).click();
  if (change.birth) await field(page, w('form-birth')).fill(change.birth);
  if (change.phone) await field(page, w('form-phone')).fill(change.phone);
  await button(page, w('save')).click();
  await expect(page.getByText(like('edit-saved')).first()).toBeVisible();
}

test('a second tablet pairs, gets every record directly, and open charts refresh themselves', async ({ tablet, server }) => {
  const [front, back] = [await tablet('front desk'), await tablet('consulting room')];
  await createClinic(front);
  await register(front.page, MELATI);
  await pair(front, back);
  await find(back.page, 'pagi mel');
  await find(front.page, 'melati');
  await button(back.page, w('chart-no-known-allergies')).first().click();
  const began = Date.now();
  await button(back.page, w('save')).click();
  const label = front.page.getByLabel(w('chart-banner')).getByText(w('allergies-none-known'));
  await expect(label).toBeVisible();
  console.log(`an edit reached the other open chart after ${Date.now() - began} ms`);
  await go(front.page, 'devices');
  await expect(front.page.getByText(w('path-direct'))).toBeVisible();
  expect(leaksOnServer(server, ['Melati', 'Pagi', '0000 0001', 'Klinik', 'consulting room'])).toEqual([]);
  expect([...front.errors(), ...back.errors()]).toEqual([]);
});

test('with WebRTC blocked the relay carries the same, and can read nothing', async ({ tablet, server }) => {
  const [front, back] = [await tablet('front desk'), await tablet('consulting room')];
  await withoutWebRtc(front);
  await withoutWebRtc(back);
  await createClinic(front);
  await pair(front, back);
  await register(front.page, MELATI);
  await find(back.page, 'melati');
  await go(back.page, 'devices');
  await expect(back.page.getByText(w('path-relay'))).toBeVisible();
  expect(leaksOnServer(server, ['Melati', 'Pagi', '0000 0001', 'Klinik', 'consulting room'])).toEqual([]);
});

test('what two tablets did apart is merged when they meet; a conflict is shown on both and settled once', async ({ tablet, server }) => {
  const [front, back] = [await tablet('front desk'), await tablet('consulting room')];
  await withoutWebRtc(front);
  await withoutWebRtc(back);
  await createClinic(front);
  await register(front.page, MELATI);
  await pair(front, back);
  await find(back.page, 'melati');
  await find(front.page, 'melati');
  await server.stop();
  try {
    await edit(front.page, { birth: '15/7/1961' });
    await edit(back.page, { birth: '16/7/1961', phone: '+62 812 0000 0009' });
  } finally {
    await server.start();
  }
  for (const { page } of [front, back]) {
    await go(page, 'conflicts');
    await expect(page.getByText('15-Jul-1961').or(page.getByText('1961-07-15')).first()).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('16-Jul-1961').or(page.getByText('1961-07-16')).first()).toBeVisible();
  }
  await button(front.page, w('conflicts-keep-mine')).first().click();
  for (const { page } of [front, back]) await expect(page.getByText(w('conflicts-none'))).toBeVisible();
  await find(back.page, '15/7/1961');
  await expect(back.page.getByText('15-Jul-1961').first()).toBeVisible();
});

test('a tablet that was locked and restarted catches up by itself and says so', async ({ tablet }) => {
  const [front, back] = [await tablet('front desk'), await tablet('consulting room')];
  await createClinic(front);
  await pair(front, back);
  await back.kill();
  await register(front.page, MELATI);
  await back.open();
  await unlock(back.page);
  await expect(back.page.getByText(w('sync-all-shared')).first()).toBeVisible({ timeout: 60_000 });
  await find(back.page, 'melati');
});

test('a wrong code lets nobody in, and a used one is worthless', async ({ tablet }) => {
  const [front, back] = [await tablet('front desk'), await tablet('stranger')];
  await createClinic(front);
  const digits = await invite(front.page);
  const wrong = digits.slice(0, 11) + ((Number(digits[11]) + 1) % 10);
  await join(back, wrong, 'Orang Lain');
  await expect(back.page.getByRole('alert').first()).toBeVisible({ timeout: 60_000 });
  await expect(front.page.getByText(like('pair-asked'))).toHaveCount(0);
  await back.page.reload();
  await join(back, digits, 'Orang Lain');
  await expect(back.page.getByRole('alert').first()).toBeVisible({ timeout: 90_000 });
});

test('a scanned code opens the new tablet at the invitation, and leaves the address at once', async ({ tablet }) => {
  const [front, back] = [await tablet('front desk'), await tablet('consulting room')];
  await createClinic(front);
  await invite(front.page);
  const { page } = back;
  await page.goto(await scanned(front.page));
  await page.reload();
  await expect(page.getByText(w('join-invited'))).toBeVisible();
  expect(page.url()).not.toContain('join-');
  await field(page, w('your-name')).fill('Perawat Contoh');
  await field(page, w('device-name')).fill('consulting room');
  await field(page, w('passphrase')).fill(PASSPHRASE);
  await field(page, w('passphrase-again')).fill(PASSPHRASE);
  await button(page, w('welcome-join')).click();
  await button(front.page, w('pair-accept')).click();
  await expect(page.getByText(/\b1 tablet connected/).first()).toBeVisible({ timeout: 60_000 });
});
