// SQLite's own WebAssembly on OPFS, by the pool of access handles that its documentation calls the fastest, with WebCrypto
// for each row: prepared statements, one transaction a batch. https://sqlite.org/wasm/doc/trunk/persistence.md#vfs-opfs-sahpool

import sqlite3InitModule from '@sqlite.org/sqlite-wasm';
import { BATCH, type Line, type Peer } from '../peer.ts';
import type { Keys } from '../sealed.ts';

type Row = { id: number; iv: Uint8Array; data: Uint8Array };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, patient BLOB NOT NULL, kind INTEGER NOT NULL, iv BLOB NOT NULL, data BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS of_patient ON records (patient);
  CREATE INDEX IF NOT EXISTS people ON records (id) WHERE kind = 1;
`;

export class SqlitePeer implements Peer {
  #pool: any;
  #db: any;
  #insert: any;
  #keys!: Keys;

  async open(name: string, keys: Keys): Promise<void> {
    this.#keys = keys;
    if (!this.#pool) {
      const sqlite = await sqlite3InitModule();
      this.#pool = await (sqlite as any).installOpfsSAHPoolVfs({ name: `pool-${name}` });
    }
    this.#db = new this.#pool.OpfsSAHPoolDb(`/${name}.sqlite3`);
    // One connection alone uses this file, and a commit is on the disk when it returns: watched with strace, the browser
    // calls fdatasync four times for each, where IndexedDB calls it once.
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;');
    this.#db.exec(SCHEMA);
    this.#insert = this.#db.prepare('INSERT INTO records (patient, kind, iv, data) VALUES (?, ?, ?, ?)');
  }

  async put(lines: Line[]): Promise<void> {
    const rows = await Promise.all(
      lines.map(async ({ patient, isPatient, line }) => {
        const [pseudonym, { iv, data }] = await Promise.all([this.#keys.pseudonym(patient), this.#keys.close(line)]);
        return [pseudonym, isPatient ? 1 : 0, iv, data];
      }),
    );
    this.#db.transaction('IMMEDIATE', () => {
      for (const row of rows) this.#insert.bind(row).stepReset();
    });
  }

  async chart(patient: string): Promise<string[]> {
    return this.#opened(this.#rows('SELECT id, iv, data FROM records WHERE patient = ?', [await this.#keys.pseudonym(patient)]));
  }

  async *people(): AsyncGenerator<string[]> {
    yield* this.#pages('SELECT id, iv, data FROM records WHERE kind = 1 AND id > ? ORDER BY id LIMIT ?');
  }

  async *everything(): AsyncGenerator<string[]> {
    yield* this.#pages('SELECT id, iv, data FROM records WHERE id > ? ORDER BY id LIMIT ?');
  }

  async close(): Promise<void> {
    this.#insert.finalize();
    this.#db.close();
  }

  async *#pages(sql: string): AsyncGenerator<string[]> {
    for (let last = 0; ; ) {
      const rows = this.#rows(sql, [last, BATCH]);
      if (rows.length === 0) return;
      last = rows.at(-1)!.id;
      yield this.#opened(rows);
    }
  }

  #rows(sql: string, bind: unknown[]): Row[] {
    return this.#db.exec({ sql, bind, rowMode: 'object', returnValue: 'resultRows' });
  }

  #opened(rows: Row[]): Promise<string[]> {
    return Promise.all(rows.map(({ iv, data }) => this.#keys.open({ iv: iv as BufferSource, data: data as BufferSource })));
  }
}
