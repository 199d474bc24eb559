// After a whole day no word of a record lies open anywhere, on the tablets or at the server.
// First the canary itself: a search that finds nothing proves nothing until it has found what was put there.

import { button, createClinic, field, find, go, lock, register } from '../help/app.ts';
import { leaksInBytes, leaksOnDevice, leaksOnServer, rowsStored } from '../help/canary.ts';
import { type Bundle, commit, exportClinic, exportPatient, openVisit, preview, savedHere, sign, visit } from '../help/chart.ts';
import { Device, expect, test } from '../help/clinic.ts';
import { pair } from '../help/pair.ts';
import { syntheaFixtures } from '../help/paths.ts';
import { Tap } from '../help/tap.ts';
import { w } from '../help/words.ts';
import { readFileSync } from 'node:fs';

test('the canary finds a word wherever a careless app could leave it', async ({ tablet }) => {
  const front = await tablet('careless');
  // The app names its page when its first screen stands; a title set before that is gone.
  await expect(front.page.locator('main:not(.boot) h1')).toBeVisible();
  const places = ['localStorage', 'sessionStorage', 'rows', 'bytes', 'wide', 'cache', 'console', 'title'];
  const word = (place: string) => `Kanari-${place}-Sartika`;
  await front.page.evaluate(async () => {
    const word = (place: string) => `Kanari-${place}-Sartika`;
    const utf16 = (text: string) => new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);
    localStorage.setItem('x', word('localStorage'));
    sessionStorage.setItem('x', btoa(`..${word('sessionStorage')}..`));
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('careless', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const transaction = database.transaction('rows', 'readwrite');
    const rows = transaction.objectStore('rows');
    rows.put({ deep: [{ name: word('rows') }] }, 'a');
    rows.put(new TextEncoder().encode(word('bytes')).buffer, 'b');
    rows.put(utf16(word('wide')), 'c');
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
    const cache = await caches.open('careless');
    await cache.put(`/x?name=${word('cache')}`, new Response('x'));
    console.log(word('console'));
    document.title = word('title');
  });
  const found = await leaksOnDevice(front, places.map(word));
  const missed = places.filter((place) => !found.some((find) => find.word === word(place)));
  expect(missed, 'places where the canary did not look').toEqual([]);
  expect(await leaksOnDevice(front, ['Kanari-nowhere-Sartika'])).toEqual([]);
});

test('the tap before the server hears a word in an address, a body and a masked frame', async ({ tablet, server }) => {
  const tap = await Tap.before(server);
  const front = await Device.open('careless', tap.url);
  try {
    await front.page.evaluate(async () => {
      await fetch('/healthz?x=Kanari-address-Sartika');
      await fetch('/healthz', { method: 'POST', body: 'Kanari-body-Sartika' });
      const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/relay/${'ab'.repeat(32)}?k=c`);
      await new Promise((opened, failed) => {
        socket.onopen = opened;
        socket.onerror = failed;
      });
      const ended = new Promise((end) => (socket.onclose = end));
      socket.send('Kanari-frame-Sartika');
      await ended;
    });
    const words = ['Kanari-address-Sartika', 'Kanari-body-Sartika', 'Kanari-frame-Sartika'];
    const found = leaksInBytes(tap.heard(), 'sent', words).map((find) => find.word);
    expect(found).toEqual(words);
  } finally {
    await front.close();
    tap.close();
  }
});

test('after a day on two tablets no name, number, note or id lies open on them, and none has reached the server', async ({ server }) => {
  test.setTimeout(240_000);
  const tap = await Tap.before(server);
  const [front, back] = [await Device.open('front desk', tap.url), await Device.open('consulting room', tap.url)];
  try {
    // Without a direct path everything goes through the relay, where it could be seen.
    for (const device of [front, back]) {
      await device.context.addInitScript(() => Object.defineProperty(window, 'RTCPeerConnection', { value: undefined }));
      await device.page.reload();
    }
    const { page } = front;
    await createClinic(front, 'Klinik Kanari', 'Bidan Sartika');
    await pair(front, back, 'Perawat Cempaka');

    await register(page, { given: 'Sukmawati', family: 'Prabandari', birth: '14/7/1961', sex: 'female', nik: '3171025407610003', phone: '0812-9911-7733', city: 'Purwokerto' });
    await openVisit(page);
    await field(visit(page), w('visit-subjective')).fill('Migraine with zigzag lights');
    await field(visit(page), w('vital-systolic')).fill('148');
    await field(visit(page), w('vital-diastolic')).fill('92');
    await savedHere(page);
    await sign(page);
    await openVisit(page);
    await field(visit(page), w('visit-plan')).fill('Unsigned thought about lumbago');
    await savedHere(page);
    await button(visit(page), w('visit-leave')).last().click();
    const { bundle } = await exportPatient(page);

    const bundlePath = syntheaFixtures()[0]!;
    await preview(page, bundlePath);
    await commit(page);
    await exportClinic(page);
    await find(page, 'prabandari');
    await find(page, '3171025407610003');
    // The other tablet has it all by the relay, and reads it.
    await find(back.page, 'sukmawati prabandari');
    await go(back.page, 'find');
    await back.page.getByRole('combobox').fill('schaefer');
    await expect(back.page.getByRole('option').first()).toBeVisible({ timeout: 60_000 });

    const imported = (JSON.parse(readFileSync(bundlePath, 'utf8')) as Bundle).entry.map((entry) => entry.resource);
    const ids = [...bundle.entry.map((entry) => entry.resource.id), ...imported.filter((_, at) => at % 10 === 0).map((resource) => resource.id)];
    const words = [
      'Sukmawati', 'Prabandari', 'PRABANDARI', 'Purwokerto', '3171025407610003', '0812-9911-7733', '081299117733', '1961-07-14',
      'Migraine with zigzag', 'lumbago', 'Schaefer', 'four quiet lanterns', ...ids,
    ];
    // The lock screen shows the clinic's name and its staff before anybody has a key; the server never sees even these.
    const ofStaff = ['Klinik Kanari', 'Bidan Sartika', 'Perawat Cempaka', 'consulting room'];
    expect(new Set(ids).size).toBeGreaterThan(10);
    for (const device of [front, back]) {
      expect(await rowsStored(device), 'there is something to look at').toBeGreaterThan(3);
      const titles = await device.page.title();
      expect(titles).not.toMatch(/Prabandari|Sukmawati/i);
      expect(await leaksOnDevice(device, words), device.name).toEqual([]);
      await lock(device.page);
      expect(await leaksOnDevice(device, words), `${device.name}, locked`).toEqual([]);
    }
    expect(tap.frames, 'frames that passed the tap').toBeGreaterThan(20);
    expect(tap.heard().length).toBeGreaterThan(20_000);
    expect(leaksInBytes(tap.heard(), 'sent to the server', [...words, ...ofStaff])).toEqual([]);
    expect(leaksOnServer(server, [...words, ...ofStaff])).toEqual([]);
    expect([...front.errors(), ...back.errors()]).toEqual([]);
  } finally {
    await front.close();
    await back.close();
    tap.close();
  }
});
