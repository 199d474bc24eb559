// The least that an import and an export can be for whoever keeps what they read sealed in IndexedDB: the browser's own
// work alone. Nothing is checked, packed, signed, folded or written as JSON, and no key is derived.

import { asked, ended, fresh, random, sealing } from './browser.ts';
import { batches } from './lines.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** So much of the file is enough to know a rate. */
const ENOUGH = 32 * MIB;
/** Bytes of a patient of ten resources as ours were seen, sealed, and of a value that holds several of them. */
const ROW = 4_500;
const ROWS = 12;
const VALUE = 56 * KIB;
/** Values that are read at once. */
const TOGETHER = 8;

type Rate = { bytes: number; seconds: number };

const jobs = {
  /** Reads the text, understands it, seals it in pieces and puts them, one strict commit at the end. */
  async import(file: File): Promise<Rate> {
    const { seal } = await sealing();
    const text = new TextEncoder();
    const database = await fresh('kept', ['values']);
    const begun = performance.now();
    let read = 0;
    let at = 0;
    for await (const batch of batches(file, 1_000)) {
      for (const line of batch.lines) JSON.parse(line);
      const whole = text.encode(batch.lines.join('\n'));
      const pieces: Promise<ArrayBuffer>[] = [];
      for (let from = 0; from < whole.length; from += VALUE) pieces.push(seal(whole.subarray(from, from + VALUE)));
      at = put(database, await Promise.all(pieces), at);
      read = batch.bytes;
      if (read >= ENOUGH) break;
    }
    await last(database);
    const seconds = (performance.now() - begun) / 1_000;
    await gone(database);
    return { bytes: read, seconds };
  },

  /** Values of one size, a mebibyte in a transaction, one strict commit at the end. */
  async put(size: number): Promise<Rate> {
    const database = await fresh('kept', ['values']);
    const values = Array.from({ length: Math.floor(MIB / size) }, () => random(size).buffer);
    const begun = performance.now();
    let at = 0;
    while (at * size < ENOUGH) at = put(database, values, at);
    await last(database);
    const seconds = (performance.now() - begun) / 1_000;
    await gone(database);
    return { bytes: at * size, seconds };
  },

  /** Patients under a key each, several in a value: read, opened, handed over as parts of a file. Counted as the text that they would be. */
  async export(file: File): Promise<Rate> {
    const count = Math.min(4_000, Math.ceil(ENOUGH / (await bytesOfOne(file))));
    const keys = Array.from({ length: count }, () => random(32));
    const values: ArrayBuffer[] = [];
    for (let at = 0; at < count; at += ROWS) {
      const rows = keys.slice(at, at + ROWS).map(async (key) => crypto.subtle.encrypt(FIXED, await imported(key), random(ROW - 16)));
      values.push(await new Blob(await Promise.all(rows)).arrayBuffer());
    }
    const seconds = await written(values, async (value, at) => {
      const rows = keys.slice(at * ROWS, (at + 1) * ROWS);
      return Promise.all(rows.map(async (key, n) => crypto.subtle.decrypt(FIXED, await imported(key), value.slice(n * ROW, (n + 1) * ROW))));
    });
    return { bytes: count * (await bytesOfOne(file)), seconds };
  },

  /** The same in values of 1 MiB under one key. */
  async exportLarge(file: File): Promise<Rate> {
    const key = await imported(random(32));
    const values = await Promise.all(Array.from({ length: 16 }, () => crypto.subtle.encrypt(FIXED, key, random(MIB - 16))));
    const seconds = await written(values, async (value) => [await crypto.subtle.decrypt(FIXED, key, value)]);
    return { bytes: ((16 * MIB) / ROW) * (await bytesOfOne(file)), seconds };
  },

  /** The text packed by the browser, as a zip would need it. */
  async deflate(file: File): Promise<Rate> {
    const text = file.slice(0, ENOUGH);
    const begun = performance.now();
    await new Response(text.stream().pipeThrough(new CompressionStream('deflate-raw'))).blob();
    return { bytes: text.size, seconds: (performance.now() - begun) / 1_000 };
  },
};

/** Of a measurement alone: every key here seals one row or one kind of row, and none of it is anybody's. */
const FIXED = { name: 'AES-GCM', iv: new Uint8Array(12) };
const imported = (key: Uint8Array<ArrayBuffer>) => crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);

/** Bytes of text for a patient of the file. */
async function bytesOfOne(file: File): Promise<number> {
  const text = await file.slice(0, 4 * MIB).text();
  return text.length / Math.max(1, text.split('"resourceType":"Patient"').length - 1);
}

/** Puts values, reads them again in their order and hands what comes of them over; the seconds that the second half takes. */
async function written(values: ArrayBuffer[], open: (value: ArrayBuffer, at: number) => Promise<ArrayBuffer[]>): Promise<number> {
  const database = await fresh('kept', ['values']);
  put(database, values, 0);
  await last(database);
  const begun = performance.now();
  const read = (from: number) => asked(database.transaction('values').objectStore('values').getAll(IDBKeyRange.bound(from, from + TOGETHER - 1)));
  const parts: Blob[] = [];
  let next = read(0);
  for (let from = 0; from < values.length; from += TOGETHER) {
    const now = await next;
    next = read(from + TOGETHER);
    parts.push(new Blob((await Promise.all(now.map((value, n) => open(value, from + n)))).flat()));
  }
  await next;
  new Blob(parts);
  const seconds = (performance.now() - begun) / 1_000;
  await gone(database);
  return seconds;
}

function put(database: IDBDatabase, values: ArrayBuffer[], at: number): number {
  const transaction = database.transaction('values', 'readwrite', { durability: 'relaxed' });
  for (const value of values) transaction.objectStore('values').put(value, (at += 1) - 1);
  transaction.commit();
  return at;
}

/** Follows all that were put before. */
function last(database: IDBDatabase): Promise<void> {
  const transaction = database.transaction('values', 'readwrite', { durability: 'strict' });
  transaction.objectStore('values').put(random(64), -1);
  return ended(transaction);
}

async function gone(database: IDBDatabase): Promise<void> {
  database.close();
  await asked(indexedDB.deleteDatabase('kept'));
}

self.addEventListener('message', async ({ data }: MessageEvent<{ id: number; job: keyof typeof jobs; words: unknown[] }>) => {
  try {
    self.postMessage({ id: data.id, result: await Reflect.apply(jobs[data.job], jobs, data.words) });
  } catch (fault) {
    self.postMessage({ id: data.id, fault: String(fault) });
  }
});
