// RxDB 17 with what it gives away: the Dexie storage and the crypto-js encryption, which seals one property in JavaScript.
// https://rxdb.info/rx-storage-dexie.html and https://rxdb.info/encryption.html; its faster parts are sold.

import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { wrappedKeyEncryptionCryptoJsStorage } from 'rxdb/plugins/encryption-crypto-js';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { BATCH, type Line, type Peer } from '../peer.ts';
import { hex, type Keys } from '../sealed.ts';
import { strict } from '../strict.ts';

type Row = { id: string; patient: string; kind: string; line: string };

const SCHEMA = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 48 },
    patient: { type: 'string', maxLength: 32 },
    kind: { type: 'string', maxLength: 1 },
    line: { type: 'string' },
  },
  required: ['id', 'patient', 'kind', 'line'],
  encrypted: ['line'],
  indexes: ['patient', 'kind'],
} as const;

strict();

export class RxPeer implements Peer {
  #db!: RxDatabase;
  #records!: RxCollection<Row>;
  #keys!: Keys;

  async open(name: string, keys: Keys, password: string): Promise<void> {
    this.#keys = keys;
    const storage = wrappedKeyEncryptionCryptoJsStorage({ storage: getRxStorageDexie() });
    this.#db = await createRxDatabase({ name, storage, password, multiInstance: false, eventReduce: false });
    this.#records = (await this.#db.addCollections({ records: { schema: SCHEMA } })).records as unknown as RxCollection<Row>;
  }

  async put(lines: Line[]): Promise<void> {
    const rows = await Promise.all(
      lines.map(async ({ patient, isPatient, line }): Promise<Row> => {
        return { id: crypto.randomUUID(), patient: hex(await this.#keys.pseudonym(patient)), kind: isPatient ? 'p' : 'r', line };
      }),
    );
    const { error } = await this.#records.bulkInsert(rows);
    if (error.length > 0) throw new Error(`RxDB refused ${error.length} rows`);
  }

  async chart(patient: string): Promise<string[]> {
    const selector = { patient: hex(await this.#keys.pseudonym(patient)) };
    return (await this.#records.find({ selector }).exec()).map(({ line }) => line);
  }

  async *people(): AsyncGenerator<string[]> {
    yield* this.#pages({ kind: 'p' });
  }

  async *everything(): AsyncGenerator<string[]> {
    yield* this.#pages({});
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  async *#pages(which: object): AsyncGenerator<string[]> {
    for (let last = ''; ; ) {
      const query = { selector: { ...which, id: { $gt: last } }, sort: [{ id: 'asc' as const }], limit: BATCH };
      const rows = await this.#records.find(query as any).exec();
      if (rows.length === 0) return;
      yield rows.map(({ line }) => line);
      last = rows.at(-1)!.id;
    }
  }
}
