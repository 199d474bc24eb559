// The dedicated worker of one peer, as ours is a dedicated worker: takes a job at a time and answers when it is done.

import { batches, patientOf } from './lines.ts';
import { Names } from './names.ts';
import { BATCH, type Line, type Peer } from './peer.ts';
import { Keys } from './sealed.ts';

type Cap = { seconds: number };
export type Moved = { resources: number; bytes: number; seconds: number; stopped: boolean };

/** The first seconds of a job say little about the rest; after so many its pace is believed. */
const LOOK_AFTER_S = 20;

const PEERS: Record<string, () => Promise<Peer>> = {
  dexie: async () => new (await import('./peers/dexie.ts')).DexiePeer(),
  pouchdb: async () => new (await import('./peers/pouchdb.ts')).PouchPeer(),
  rxdb: async () => new (await import('./peers/rxdb.ts')).RxPeer(),
  sqlite: async () => new (await import('./peers/sqlite.ts')).SqlitePeer(),
};

let peer: Peer;
let keys: Keys;
let names = new Names();
const NAME = 'bench';
const PASSWORD = 'a password of the benchmark alone';

const jobs = {
  async open(which: string, raw: Uint8Array<ArrayBuffer>): Promise<void> {
    peer = await PEERS[which]!();
    keys = await Keys.of(raw);
    await peer.open(NAME, keys, PASSWORD);
  },

  async import(file: File, cap: Cap): Promise<Moved> {
    const clock = new Clock(cap, file.size);
    let resources = 0;
    let written = 0;
    for await (const { lines, bytes } of batches(file, BATCH)) {
      const batch = lines.map((line): Line => {
        const resource = JSON.parse(line);
        return { patient: patientOf(resource), isPatient: resource.resourceType === 'Patient', line };
      });
      await peer.put(batch);
      resources += lines.length;
      for (const line of lines) written += line.length + 1;
      if (clock.over(bytes)) break;
    }
    return { resources, bytes: clock.stopped ? written : file.size, seconds: clock.seconds, stopped: clock.stopped };
  },

  async note(patient: string, resources: string[]): Promise<void> {
    await peer.put(resources.map((line) => ({ patient, isPatient: false, line })));
  },

  async chart(patient: string): Promise<unknown[]> {
    return (await peer.chart(patient)).map((line) => JSON.parse(line));
  },

  /** Opens the database as a new day would, until the first letter can be answered. */
  async unlock(): Promise<number> {
    await peer.close();
    names = new Names();
    await peer.open(NAME, keys, PASSWORD);
    for await (const lines of peer.people()) for (const line of lines) names.add(JSON.parse(line));
    return names.count;
  },

  async search(query: string): Promise<unknown> {
    return names.find(query, 20);
  },

  async export(bytes: number, cap: Cap): Promise<Moved & { blob: Blob }> {
    const clock = new Clock(cap, bytes);
    const parts: Blob[] = [];
    let resources = 0;
    let written = 0;
    for await (const lines of peer.everything()) {
      const part = new Blob([lines.join('\n'), '\n']);
      parts.push(part);
      written += part.size;
      resources += lines.length;
      if (clock.over(written)) break;
    }
    return { blob: new Blob(parts, { type: 'application/fhir+ndjson' }), resources, bytes: written, seconds: clock.seconds, stopped: clock.stopped };
  },
};

/** Ends what would take longer than it may, as soon as that is plain. */
class Clock {
  stopped = false;
  readonly #begun = performance.now();

  constructor(
    private readonly cap: Cap,
    private readonly whole: number,
  ) {}

  get seconds(): number {
    return (performance.now() - this.#begun) / 1_000;
  }

  over(done: number): boolean {
    if (done >= this.whole) return false;
    const { seconds } = this;
    const expected = (seconds * this.whole) / Math.max(done, 1);
    this.stopped = seconds > this.cap.seconds || (seconds > Math.min(LOOK_AFTER_S, this.cap.seconds) && expected > this.cap.seconds * 1.5);
    return this.stopped;
  }
}

self.addEventListener('message', async ({ data }: MessageEvent<{ id: number; job: keyof typeof jobs; words: unknown[] }>) => {
  const begun = performance.now();
  try {
    const result = await Reflect.apply(jobs[data.job], jobs, data.words);
    self.postMessage({ id: data.id, result, inWorker: performance.now() - begun });
  } catch (fault) {
    self.postMessage({ id: data.id, fault: String((fault as Error)?.stack ?? fault) });
  }
});
