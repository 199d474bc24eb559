// Two people pair two tablets: one shows the digits, the other types them, both compare, the owner lets it in.

import { expect, type Page } from '@playwright/test';
import jsQRModule from 'jsqr';
import { PNG } from 'pngjs';
import { button, field, go, PASSPHRASE } from './app.ts';
import type { Device } from './device.ts';
import { like, w } from './words.ts';

// A CommonJS module: the function is the default of what is imported.
type Read = (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null;
const jsQR = ((jsQRModule as unknown as { default?: Read }).default ?? jsQRModule) as Read;

/** Opens an invitation on the owner's tablet and gives its twelve digits. */
export async function invite(owner: Page): Promise<string> {
  await go(owner, 'devices');
  await button(owner, w('alone-pair')).click();
  const digits = owner.getByText(/^\d{4}\s\d{4}\s\d{4}$/);
  await expect(digits).toBeVisible();
  return (await digits.innerText()).replace(/\D/g, '');
}

/** Types a code on a tablet that belongs to no clinic yet. */
export async function join(device: Device, digits: string, name: string): Promise<void> {
  const { page } = device;
  await button(page, new RegExp(`^${w('welcome-join')}`)).click();
  await field(page, w('join-code')).fill(digits);
  await field(page, w('your-name')).fill(name);
  await field(page, w('device-name')).fill(device.name);
  await field(page, w('passphrase')).fill(PASSPHRASE);
  await field(page, w('passphrase-again')).fill(PASSPHRASE);
  await button(page, w('welcome-join')).click();
}

/** The whole ceremony, up to both tablets saying that they are connected. */
export async function pair(owner: Device, joiner: Device, name = 'Perawat Contoh'): Promise<void> {
  await join(joiner, await invite(owner.page), name);
  await expect(owner.page.getByText(like('pair-asked'))).toBeVisible();
  const shown = owner.page.getByText(/^\d{3}\s\d{3}$/);
  await expect(joiner.page.getByText(await shown.innerText())).toBeVisible();
  await button(owner.page, w('pair-accept')).click();
  for (const { page } of [owner, joiner]) {
    await expect(page.getByText(/\b1 tablet connected/).first()).toBeVisible({ timeout: 60_000 });
  }
}

/** What a camera would read off the owner's screen. */
export async function scanned(owner: Page): Promise<string> {
  const picture = PNG.sync.read(await owner.getByRole('img', { name: w('pair-qr') }).screenshot());
  const found = jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  if (!found) throw new Error('no QR code can be read off the screen');
  return found.data;
}
