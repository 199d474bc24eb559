// A tablet that held a clinic of an earlier release opens it in the app of today; killed in the middle of that, it
// opens it the next time; and what a newer app has written is left alone and said so.

import { strFromU8, unzipSync } from 'fflate';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { button, find, unlock } from '../help/app.ts';
import { type Device, expect, test } from '../help/clinic.ts';
import { ask, listenAtTheDoor } from '../help/engine.ts';
import { fixtures } from '../help/paths.ts';
import { w } from '../help/words.ts';

/** As `shared/src/engine/tests/vault` keeps them. */
const PASSPHRASE = 'correct horse battery';
type Row = { space: string; key: string; value: string };
type Seen = { patients: string[]; audit: string[] };

function kept(release: string): { rows: Row[]; seen: Seen } {
  const files = unzipSync(readFileSync(join(fixtures, 'vaults', `${release}.zip`)));
  const text = (name: string) => strFromU8(files[name]!);
  const rows = text('tablet-1.rows.ndjson').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
  return { rows, seen: JSON.parse(text('tablet-1.seen.json')) as Seen };
}

/** Puts the rows where the app of 0.1.0 had them: database `lucerna`, version 1, a store a space. */
async function laidDown(device: Device, rows: Row[], version = 1): Promise<void> {
  const page = await device.open('/manifest.webmanifest');
  await page.evaluate(
    async ({ rows, version }) => {
      const spaces = ['meta', 'log', 'chain', 'keys', 'control', 'index', 'drafts', 'audit', 'quarantine'];
      const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
      const request = indexedDB.open('lucerna', version);
      request.onupgradeneeded = () => spaces.forEach((space) => request.result.createObjectStore(space));
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const writing = database.transaction(spaces, 'readwrite', { durability: 'strict' });
      for (const { space, key, value } of rows) writing.objectStore(space).put(bytes(value), bytes(key));
      await new Promise((resolve, reject) => {
        writing.oncomplete = resolve;
        writing.onerror = () => reject(writing.error);
      });
      database.close();
    },
    { rows, version },
  );
}

/** Every row of the database as it lies there, and its version. */
function lying(page: Page): Promise<{ version: number; rows: Row[] }> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const hex = (bytes: ArrayBuffer | Uint8Array) => [...new Uint8Array(bytes as ArrayBuffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const database = await asked(indexedDB.open('lucerna'));
    const rows: { space: string; key: string; value: string }[] = [];
    for (const space of Array.from(database.objectStoreNames)) {
      const store = database.transaction(space).objectStore(space);
      const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
      keys.forEach((key, at) => rows.push({ space, key: hex(key as ArrayBuffer), value: hex(values[at] as Uint8Array) }));
    }
    const { version } = database;
    database.close();
    return { version, rows };
  });
}

/** What the tablet held is there: everybody, and the whole access log. */
async function asItWas(page: Page, seen: Seen): Promise<void> {
  const people = await ask<{ patient: string }[]>(page, 'Recent', { limit: 10_000 });
  expect(people.map(({ patient }) => patient).sort()).toEqual(seen.patients.map((line) => line.split(' ')[0]).sort());
  const log = await ask<{ at: number; action: string }[]>(page, 'AuditLog', { patient: null, limit: 10_000 });
  const lines = log.reverse().map(({ at, action }) => `${at} ${action}`);
  expect(lines.slice(0, seen.audit.length)).toEqual(seen.audit.map((line) => line.split(' ').slice(0, 2).join(' ')));
  expect((await ask<{ broken_at: number | null }>(page, 'VerifyAudit')).broken_at).toBeNull();
}

async function listened(device: Device): Promise<Page> {
  const { page } = device;
  await listenAtTheDoor(page);
  await page.goto(`${device.home}/`);
  await expect(button(page, w('lock-open'))).toBeVisible({ timeout: 30_000 });
  return page;
}

test('a clinic of 0.1.0 opens in the app of today, with its charts and its access log', async ({ tablet }) => {
  const front = await tablet('old tablet');
  await front.off();
  const { rows, seen } = kept('v0.1.0');
  await laidDown(front, rows);
  const page = await listened(front);
  await unlock(page, PASSPHRASE);
  await asItWas(page, seen);
  await find(page, 'nunez');
  await expect(page.getByText(/NÚÑEZ-ŁUKASIEWICZ/).first()).toBeVisible();
  expect(front.errors()).toEqual([]);
});

test('a browser killed while it upgrades an old clinic finds it whole the next time', async ({ tablet }) => {
  const front = await tablet('unlucky tablet');
  await front.off();
  const { rows, seen } = kept('v0.1.0');
  await laidDown(front, rows);
  // The app opens the database, and raises its version, some moments after it is asked for.
  for (const wait of [0, 60, 120, 200, 300, 450]) {
    void front.page.goto(`${front.home}/`).catch(() => {});
    await new Promise((later) => setTimeout(later, wait));
    await front.kill();
    const page = await front.open('/manifest.webmanifest');
    const found = await lying(page);
    expect([1, 2, 3]).toContain(found.version);
    expect(found.rows, `killed after ${wait} ms`).toEqual(sorted(rows));
  }
  const page = await listened(front);
  await unlock(page, PASSPHRASE);
  await asItWas(page, seen);
});

test('what a newer app has written is not touched, and the screen says why', async ({ tablet }) => {
  const front = await tablet('late tablet');
  await front.off();
  const { rows } = kept('v0.1.0');
  await laidDown(front, rows, 4_000);
  await front.page.goto(`${front.home}/`);
  await expect(front.page.getByText(w('fault-newer-app'))).toBeVisible({ timeout: 30_000 });
  await front.page.goto(`${front.home}/manifest.webmanifest`);
  expect(await lying(front.page)).toEqual({ version: 4_000, rows: sorted(rows) });
});

/** As the database lists them. */
function sorted(rows: Row[]): Row[] {
  const place = ({ space, key }: Row) => `${space} ${key}`;
  return [...rows].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}
