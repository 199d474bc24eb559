// Dexie 4 with WebCrypto for each record: `bulkPut` in batches, one index on the patient's pseudonym and one on the kind.
// https://dexie.org/docs/Tutorial/Best-Practices, https://dexie.org/docs/Table/Table.bulkPut(), and for durability
// https://dexie.org/docs/Dexie/Dexie (`chromeTransactionDurability`).

import { Dexie, type Table } from 'dexie';
import { BATCH, type Line, type Peer } from '../peer.ts';
import type { Keys } from '../sealed.ts';

type Row = { id?: number; patient: Uint8Array; kind: 0 | 1; iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer };

export class DexiePeer implements Peer {
  #db!: Dexie;
  #keys!: Keys;

  async open(name: string, keys: Keys): Promise<void> {
    this.#keys = keys;
    this.#db = new Dexie(name, { chromeTransactionDurability: 'strict' });
    this.#db.version(1).stores({ records: '++id, patient, kind' });
    await this.#db.open();
  }

  get #records(): Table<Row, number> {
    return this.#db.table('records');
  }

  async put(lines: Line[]): Promise<void> {
    // Nothing but Dexie may be awaited inside its transactions: everything is sealed before.
    const rows = await Promise.all(
      lines.map(async ({ patient, isPatient, line }): Promise<Row> => {
        const [pseudonym, sealed] = await Promise.all([this.#keys.pseudonym(patient), this.#keys.close(line)]);
        return { patient: pseudonym, kind: isPatient ? 1 : 0, ...sealed };
      }),
    );
    await this.#records.bulkPut(rows);
  }

  async chart(patient: string): Promise<string[]> {
    const pseudonym = await this.#keys.pseudonym(patient);
    return this.#opened(await this.#records.where('patient').equals(pseudonym).toArray());
  }

  async *people(): AsyncGenerator<string[]> {
    const keys = await this.#records.where('kind').equals(1).primaryKeys();
    for (let i = 0; i < keys.length; i += BATCH) {
      yield this.#opened((await this.#records.bulkGet(keys.slice(i, i + BATCH))).filter((row) => row !== undefined));
    }
  }

  async *everything(): AsyncGenerator<string[]> {
    for (let last = 0; ; ) {
      const rows = await this.#records.where('id').above(last).limit(BATCH).toArray();
      if (rows.length === 0) return;
      last = rows.at(-1)!.id!;
      yield this.#opened(rows);
    }
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #opened(rows: Row[]): Promise<string[]> {
    return Promise.all(rows.map((row) => this.#keys.open(row)));
  }
}
