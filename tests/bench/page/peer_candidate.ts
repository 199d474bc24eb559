// The page's side of a peer: its worker, and a clock round each question.

import type { Known } from '../data/generate.ts';
import type { Candidate, Moved, Timed } from './candidate.ts';
import { note } from './note.ts';

type Answer = { result: any; inWorker?: number };

/** Numbered questions to a worker of the bench. */
export class Desk {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(fault: Error): void }>();
  #next = 0;

  constructor(script: string) {
    this.#worker = new Worker(script, { type: 'module' });
    this.#worker.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.fault) waiting?.reject(new Error(data.fault));
      else waiting?.resolve(data);
    };
    this.#worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the worker stopped: ${message}`));
    };
  }

  ask(job: string, ...words: unknown[]): Promise<Answer> {
    this.#next += 1;
    const id = this.#next;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, job, words });
    });
  }

  async timed(job: string, ...words: unknown[]): Promise<Timed & { result: any }> {
    const begun = performance.now();
    const { result, inWorker } = await this.ask(job, ...words);
    return { ms: performance.now() - begun, inWorker, result };
  }

  end(): void {
    this.#worker.terminate();
  }
}

export class PeerCandidate implements Candidate {
  readonly #desk = new Desk('/bench/peer_worker.js');

  constructor(private readonly which: string) {}

  async open(): Promise<void> {
    await this.#desk.ask('open', this.which, crypto.getRandomValues(new Uint8Array(64)));
  }

  async import(file: File, seconds: number): Promise<Moved> {
    return (await this.#desk.ask('import', file, { seconds })).result;
  }

  async meet(): Promise<void> {}

  async chart({ id }: Known): Promise<Timed & { resources: number }> {
    const { ms, inWorker, result } = await this.#desk.timed('chart', id);
    return { ms, inWorker, resources: result.length };
  }

  async note({ id }: Known): Promise<Timed> {
    const { ms, inWorker } = await this.#desk.timed('note', id, note(id));
    return { ms, inWorker };
  }

  async search(query: string): Promise<Timed & { total: number }> {
    const { ms, inWorker, result } = await this.#desk.timed('search', query);
    return { ms, inWorker, total: result.total };
  }

  async unlock(): Promise<Timed & { patients: number }> {
    const { ms, inWorker, result } = await this.#desk.timed('unlock');
    return { ms, inWorker, patients: result };
  }

  async export(bytes: number, seconds: number): Promise<Moved> {
    return (await this.#desk.ask('export', bytes, { seconds })).result;
  }

  close(): void {
    this.#desk.end();
  }
}
