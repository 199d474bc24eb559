// The least that opening a chart and saving a note can be, for whoever keeps a record sealed in IndexedDB and an access
// log beside it: the browser's own work alone, with nothing packed, folded, checked, signed or drawn.

import { asked, ended, fresh, random, sealing } from './browser.ts';
import { batches, patientOf } from './lines.ts';

/** Bytes of what a save writes, store by store, as ours were seen: the changes, where they stand, two ends of chains, the entry of the access log, a row of the index. */
const SAVE = { log: [2_600], chain: [70], meta: [170, 130], audit: [330], index: [2_900] };
const STORES = Object.keys(SAVE);
const WHOLE = 290;

let database: IDBDatabase;
let unseal: (sealed: ArrayBuffer) => Promise<ArrayBuffer>;
let lines: string[] = [];
let turn = 0;

const jobs = {
  /** Takes the first whole history of the file and keeps it as one sealed value, of the size that it packs to. */
  async open(file: File): Promise<number> {
    lines = await history(file);
    const packed = new Blob([lines.join('\n')]).stream().pipeThrough(new CompressionStream('gzip'));
    const plain = new Uint8Array(await new Response(packed).arrayBuffer());
    const { seal, open } = await sealing();
    unseal = open;
    const sealed = await seal(plain);
    database = await fresh('least', [...STORES, 'record']);
    const transaction = database.transaction('record', 'readwrite', { durability: 'strict' });
    transaction.objectStore('record').put(sealed, 0);
    await ended(transaction);
    return sealed.byteLength;
  },

  /** One value read and opened while an entry of the access log is committed; its resources parsed, a line of each handed over. Unpacking is left out. */
  async chart(): Promise<string> {
    const read = asked(database.transaction('record').objectStore('record').get(0));
    const entry = strict({ audit: SAVE.audit, meta: [130] });
    await unseal(await read);
    const drawn = lines.map((line) => JSON.parse(line)).map(({ resourceType, id, status, code, effectiveDateTime }) => ({ resourceType, id, status, title: code?.text, date: effectiveDateTime }));
    const view = JSON.stringify(drawn);
    await entry;
    return view;
  },

  /** One strict transaction of such rows. */
  note: () => strict(SAVE),

  async close(): Promise<void> {
    database.close();
    await asked(indexedDB.deleteDatabase('least'));
  },
};

function strict(rows: Partial<typeof SAVE>): Promise<void> {
  const transaction = database.transaction(Object.keys(rows), 'readwrite', { durability: 'strict' });
  for (const [store, sizes] of Object.entries(rows)) for (const size of sizes) transaction.objectStore(store).put(random(size), (turn += 1));
  transaction.commit();
  return ended(transaction);
}

async function history(file: File): Promise<string[]> {
  let patient = '';
  let found: string[] = [];
  for await (const batch of batches(file, 1_000)) {
    for (const line of batch.lines) {
      const owner = patientOf(JSON.parse(line));
      if (owner !== patient) {
        if (found.length >= WHOLE) return found;
        patient = owner;
        found = [];
      }
      found.push(line);
    }
  }
  if (found.length < WHOLE) throw new Error('the file holds no whole history');
  return found;
}

self.addEventListener('message', async ({ data }: MessageEvent<{ id: number; job: keyof typeof jobs; words: unknown[] }>) => {
  try {
    self.postMessage({ id: data.id, result: await Reflect.apply(jobs[data.job], jobs, data.words) });
  } catch (fault) {
    self.postMessage({ id: data.id, fault: String(fault) });
  }
});
