// The canary itself: a search that finds nothing proves nothing until it has found what was put there.

import { expect, test } from '../help/clinic.ts';
import { leaksOnDevice } from '../help/canary.ts';

test('the canary finds a word wherever a careless app could leave it', async ({ tablet }) => {
  const front = await tablet('careless');
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
