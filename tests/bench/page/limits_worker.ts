// What the browser itself can do on this machine, in this run: the walls that every candidate stands between.

import { asked, ended, fresh, random, sealing } from './browser.ts';
import { batches } from './lines.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** So much of the file is enough to know a rate. */
const ENOUGH = 64 * MIB;

type Rate = { bytes: number; seconds: number };

const jobs = {
  /** Nothing but the way there and back. */
  async echo(words: unknown): Promise<unknown> {
    return words;
  },

  /** One key, a new nonce each time, four under way: what a single stream of pieces can reach. */
  async aes(piece: number): Promise<Rate> {
    const { seal } = await sealing();
    const plain = random(piece);
    const count = Math.max(64, Math.floor((128 * MIB) / piece));
    await seal(plain);
    return rate(count * piece, async () => {
      for (let i = 0; i < count; i += 4) await Promise.all([seal(plain), seal(plain), seal(plain), seal(plain)]);
    });
  },

  async parse(file: File): Promise<Rate> {
    let bytes = 0;
    return rate(
      () => bytes,
      async () => {
        for await (const batch of batches(file, 1_000)) {
          for (const line of batch.lines) JSON.parse(line);
          bytes = batch.bytes;
          if (bytes >= ENOUGH) return;
        }
      },
    );
  },

  /** The least that an encrypted import can do: read the text, understand it, seal it in pieces of 64 KiB. Nothing is kept. */
  async parseAndSeal(file: File): Promise<Rate> {
    const { seal } = await sealing();
    const text = new TextEncoder();
    let bytes = 0;
    return rate(
      () => bytes,
      async () => {
        for await (const batch of batches(file, 1_000)) {
          for (const line of batch.lines) JSON.parse(line);
          const whole = text.encode(batch.lines.join('\n'));
          const pieces: Promise<unknown>[] = [];
          for (let at = 0; at < whole.length; at += 64 * KIB) pieces.push(seal(whole.subarray(at, at + 64 * KIB)));
          await Promise.all(pieces);
          bytes = batch.bytes;
          if (bytes >= ENOUGH) return;
        }
      },
    );
  },

  /** IndexedDB with large values, each put a strict transaction of its own. */
  async put(): Promise<Rate> {
    const database = await fresh('limits', ['values']);
    const values = Array.from({ length: 8 }, () => random(MIB));
    const all = await rate(64 * MIB, async () => {
      for (let i = 0; i < 64; i += 1) {
        const transaction = database.transaction('values', 'readwrite', { durability: 'strict' });
        transaction.objectStore('values').put(values[i % 8], i);
        await ended(transaction);
      }
    });
    database.close();
    return all;
  },

  async get(): Promise<Rate> {
    const database = await asked(indexedDB.open('limits'));
    const all = await rate(64 * MIB, async () => {
      for (let i = 0; i < 64; i += 1) await asked(database.transaction('values').objectStore('values').get(i));
    });
    database.close();
    await asked(indexedDB.deleteDatabase('limits'));
    return all;
  },

  /** The smallest strict transaction there is: no save can be quicker. */
  async strictPut(): Promise<number[]> {
    const database = await fresh('limits', ['values']);
    const value = random(4 * KIB);
    const times: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const begun = performance.now();
      const transaction = database.transaction('values', 'readwrite', { durability: 'strict' });
      transaction.objectStore('values').put(value, i);
      await ended(transaction);
      times.push(performance.now() - begun);
    }
    database.close();
    await asked(indexedDB.deleteDatabase('limits'));
    return times;
  },
};

async function rate(bytes: number | (() => number), work: () => Promise<void>): Promise<Rate> {
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  return { bytes: typeof bytes === 'number' ? bytes : bytes(), seconds };
}

self.addEventListener('message', async ({ data }: MessageEvent<{ id: number; job: keyof typeof jobs; words: unknown[] }>) => {
  try {
    self.postMessage({ id: data.id, result: await Reflect.apply(jobs[data.job], jobs, data.words) });
  } catch (fault) {
    self.postMessage({ id: data.id, fault: String(fault) });
  }
});
