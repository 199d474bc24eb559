// A browser that has lost the clinic's database: the loss is told, stays told, and the tablet is set up again only when
// told to twice and only while nothing is there. A database that is damaged is another matter.

import type { Page } from '@playwright/test';
import { axeBoth } from '../help/axe.ts';
import { button, createClinic, unlock } from '../help/app.ts';
import { type Device, expect, test } from '../help/clinic.ts';
import { w } from '../help/words.ts';

type Row = { key: number[]; value: number[] };

const told = (page: Page, key: string) => page.getByRole('heading', { level: 1, name: w(key) });
const mark = (page: Page) => page.evaluate(() => localStorage.getItem('lucerna-clinic-here'));

/** A page of the same origin in which the app does not run. */
async function outside(device: Device): Promise<Page> {
  await device.off();
  return device.open('/manifest.webmanifest');
}

/** What the vault says in the clear. */
function head(page: Page): Promise<Row[]> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await asked(indexedDB.open('lucerna'));
    const meta = database.transaction('meta').objectStore('meta');
    const [keys, values] = await Promise.all([asked(meta.getAllKeys()), asked(meta.getAll())]);
    database.close();
    const numbers = (bytes: unknown) => [...new Uint8Array(bytes as ArrayBuffer)];
    return keys.map((key, at) => ({ key: numbers(key), value: numbers(values[at]) }));
  });
}

function putHead(page: Page, rows: Row[]): Promise<void> {
  return page.evaluate(
    (rows) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('lucerna');
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const writing = request.result.transaction('meta', 'readwrite');
          for (const { key, value } of rows) writing.objectStore('meta').put(Uint8Array.from(value), Uint8Array.from(key));
          writing.onerror = () => reject(writing.error);
          writing.oncomplete = () => {
            request.result.close();
            resolve();
          };
        };
      }),
    rows,
  );
}

/** As a browser does that needs the room: the database alone goes. */
async function lose(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase('lucerna');
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(new Error('somebody still holds the database'));
      }),
  );
}

test('a lost database is told in words, also after a reload, and the tablet can be set up again', async ({ tablet }) => {
  const front = await tablet('front desk');
  await createClinic(front);
  const page = await outside(front);
  await lose(page);
  await page.goto(`${front.home}/`);
  await expect(told(page, 'lost-title')).toBeVisible({ timeout: 30_000 });
  for (const key of ['lost-text', 'lost-others', 'lost-try', 'lost-join', 'lost-found']) await expect(page.getByText(w(key))).toBeVisible();
  await axeBoth(page, 'lost');

  await page.reload();
  await expect(told(page, 'lost-title')).toBeVisible({ timeout: 30_000 });
  await button(page, w('retry')).click();
  await expect(page.getByText(w('lost-still'))).toBeVisible();

  const question = page.getByRole('dialog', { name: w('lost-set-up-title') });
  await button(page, w('lost-set-up')).click();
  await button(question, w('cancel')).click();
  await expect(told(page, 'lost-title')).toBeVisible();
  expect(await mark(page)).toBe('1');

  await button(page, w('lost-set-up')).click();
  await axeBoth(page, 'lost, asked once more');
  await button(question, w('lost-set-up')).click();
  await expect(told(page, 'welcome-title')).toBeVisible();
  expect(await mark(page)).toBeNull();
  await page.reload();
  await expect(told(page, 'welcome-title')).toBeVisible({ timeout: 30_000 });
  await createClinic(front, 'Klinik Kenanga');
  expect(await mark(page)).toBe('1');
  expect(front.errors()).toEqual([]);
});

test('records that are there again are not given up, whatever was pressed', async ({ tablet }) => {
  const front = await tablet('lucky tablet');
  await createClinic(front, 'Klinik Melati');
  const page = await outside(front);
  const rows = await head(page);
  await lose(page);
  await page.goto(`${front.home}/`);
  await expect(told(page, 'lost-title')).toBeVisible({ timeout: 30_000 });
  await button(page, w('lost-set-up')).click();
  await putHead(page, rows);
  await button(page.getByRole('dialog'), w('lost-set-up')).click();
  await expect(told(page, 'welcome-title')).toHaveCount(0);
  await expect(button(page, w('lock-open'))).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'Klinik Melati' })).toBeVisible();
  expect(await mark(page)).toBe('1');
  expect(await head(page)).toEqual(rows);
});

test('a damaged database is called damaged, and nothing is offered over it', async ({ tablet }) => {
  const front = await tablet('dropped tablet');
  await createClinic(front);
  const page = await outside(front);
  const whole = await head(page);
  await putHead(page, whole.map(({ key }) => ({ key, value: [0xff] })));
  await page.goto(`${front.home}/`);
  await expect(told(page, 'damaged-title')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(w('damaged-text'))).toBeVisible();
  await expect(button(page, w('lost-set-up'))).toHaveCount(0);

  await putHead(page, whole);
  await button(page, w('retry')).click();
  await unlock(page);
});
