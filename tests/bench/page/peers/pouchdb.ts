// PouchDB 9 with transform-pouch, whose hooks are where its documentation says that encryption goes. The hook seals with
// WebCrypto, which is kinder than crypto-pouch (JavaScript ciphers). The patient's pseudonym begins the `_id`, so that a
// chart is a range of the primary index: https://pouchdb.com/2014/06/17/12-pro-tips-for-better-code-with-pouchdb.html
// and https://github.com/pouchdb-community/transform-pouch#example-encryption.

import PouchDB from 'pouchdb-browser';
import transform from 'transform-pouch';
import { BATCH, type Line, type Peer } from '../peer.ts';
import { base64, bytesOf, hex, type Keys } from '../sealed.ts';
import { strict } from '../strict.ts';

type Doc = { _id: string; _rev?: string; line?: string; iv?: string; data?: string };

PouchDB.plugin(transform);
// PouchDB has no word for durability; without this its saves would mean less than the others'.
strict();

export class PouchPeer implements Peer {
  #db!: any;
  #keys!: Keys;
  #next = 0;

  async open(name: string, keys: Keys): Promise<void> {
    this.#keys = keys;
    this.#db = new PouchDB(name, { adapter: 'idb', auto_compaction: true });
    this.#db.transform({ incoming: (doc: Doc) => this.#seal(doc), outgoing: (doc: Doc) => this.#open(doc) });
    this.#next = (await this.#db.info()).update_seq;
  }

  async put(lines: Line[]): Promise<void> {
    const docs = await Promise.all(
      lines.map(async ({ patient, isPatient, line }): Promise<Doc> => ({ _id: await this.#id(patient, isPatient), line })),
    );
    for (const answer of await this.#db.bulkDocs(docs)) if (answer.error) throw new Error(answer.message);
  }

  async chart(patient: string): Promise<string[]> {
    const start = `r/${hex(await this.#keys.pseudonym(patient))}/`;
    const mine = `p/${hex(await this.#keys.pseudonym(patient))}/`;
    const [records, person] = await Promise.all([this.#range(start, `${start}\uffff`), this.#range(mine, `${mine}\uffff`)]);
    return [...person, ...records].map(({ line }) => line!);
  }

  async *people(): AsyncGenerator<string[]> {
    yield* this.#pages('p/', 'p/\uffff');
  }

  async *everything(): AsyncGenerator<string[]> {
    yield* this.#pages('', 'r/\uffff');
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  /** Patients stand apart, so that unlocking reads them alone. */
  async #id(patient: string, isPatient: boolean): Promise<string> {
    this.#next += 1;
    const number = this.#next.toString(36).padStart(8, '0');
    return `${isPatient ? 'p' : 'r'}/${hex(await this.#keys.pseudonym(patient))}/${number}`;
  }

  async #range(startkey: string, endkey: string, limit?: number): Promise<Doc[]> {
    const found = await this.#db.allDocs({ include_docs: true, startkey, endkey, ...(limit ? { limit } : {}) });
    return found.rows.map(({ doc }: { doc: Doc }) => doc);
  }

  /** https://pouchdb.com/2014/04/14/pagination-strategies-with-pouchdb.html */
  async *#pages(from: string, to: string): AsyncGenerator<string[]> {
    for (let start = from; ; ) {
      const docs = await this.#range(start, to, BATCH);
      if (docs.length === 0) return;
      yield docs.map(({ line }) => line!);
      start = `${docs.at(-1)!._id}\u0000`;
    }
  }

  async #seal({ line, ...doc }: Doc): Promise<Doc> {
    if (line === undefined) return doc;
    const { iv, data } = await this.#keys.close(line);
    return { ...doc, iv: base64(iv), data: base64(new Uint8Array(data)) };
  }

  async #open({ iv, data, ...doc }: Doc): Promise<Doc> {
    if (iv === undefined || data === undefined) return doc;
    return { ...doc, line: await this.#keys.open({ iv: bytesOf(iv), data: bytesOf(data) }) };
  }
}
