// Two tablets: how long pairing takes, and how fast a full one fills an empty one, directly and through the relay.
// Each speed is also told as a ratio to what the machine gives bare, measured in the same run.

import { expect, test } from '../help/clinic.ts';
import * as app from '../help/app.ts';
import { button } from '../help/app.ts';
import { bareChannel, bareSocket } from '../help/bare.ts';
import { ask, listenAtTheDoor, stored } from '../help/engine.ts';
import { commit, preview } from '../help/chart.ts';
import { figure, timed } from '../help/figure.ts';
import { invite, join } from '../help/pair.ts';
import { synthea } from '../help/paths.ts';
import { like, w } from '../help/words.ts';

type Storage = { bundles: number };

for (const way of ['direct', 'relay'] as const) {
  test(`a full tablet fills an empty one, ${way}`, async ({ tablet }) => {
    const [host, guest] = [await tablet('full'), await tablet('empty')];
    for (const device of [host, guest]) {
      // Without peer connections there is only the relay.
      if (way === 'relay') await device.page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
      await listenAtTheDoor(device.page);
      await device.page.reload();
    }
    const load = synthea(10_000);
    const page = await app.createClinic(host);
    await preview(page, load.files);
    await commit(page);
    const full = await ask<Storage>(page, 'StorageUse');
    const { bytes } = await stored(page);

    const begun = performance.now();
    await join(guest, await invite(page), 'Perawat Contoh');
    await expect(page.getByText(like('pair-asked'))).toBeVisible();
    const filled = await timed(async () => {
      await button(page, w('pair-accept')).click();
      await expect(guest.page.getByRole('navigation', { name: w('rail-label') }).first()).toBeVisible({ timeout: 60_000 });
      if (way === 'direct') figure('pair a tablet', (performance.now() - begun) / 1000, 's', 'by digits that the test types, to the first page of the new tablet');
      const there = async () => (await ask<Storage>(guest.page, 'StorageUse')).bundles;
      await expect.poll(there, { timeout: 600_000, intervals: [200] }).toBeGreaterThanOrEqual(full.bundles);
    });
    const seconds = filled.ms / 1000;
    const sealed = bytes / 1e6 / seconds;
    figure(`sync ${way}`, load.resources / seconds, '1/s', `${load.resources} resources, from the owner's word to all there`);
    figure(`sync ${way}, sealed bytes`, sealed, 'MB/s', `${(bytes / 1e6).toFixed(1)} MB; ${(load.bytes / 1e6 / seconds).toFixed(2)} MB/s as FHIR`);
    const [bare, name] = way === 'direct' ? [await bareChannel(host, guest, 10), 'data channel'] : [await bareSocket(host, guest, 20), 'WebSocket'];
    figure(`bare ${name}`, bare, 'MB/s', '16 KiB frames, between the same two browsers');
    figure(`sync ${way} to bare ${name}`, sealed / bare, 'ratio');
  });
}
