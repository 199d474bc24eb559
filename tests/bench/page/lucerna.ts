// Ours: the engine worker of the release, asked in its own words (`web/src/platform/message.rs`, `shared/src/engine/api.rs`),
// just as the app's page asks it.

import type { Known } from '../data/generate.ts';
import type { Candidate, Moved, Timed } from './candidate.ts';
import { draft } from './note.ts';

type Reply = { ok: boolean; json: string; blob?: Blob; inWorker: number; sinceKey?: number };
type Answer = { value: any; blob?: Blob; ms: number; inWorker: number; sinceKey?: number };

const PASSPHRASE = 'the passphrase of the benchmark';
const LIMIT = 20;

export class Lucerna implements Candidate {
  #worker!: Worker;
  #waiting = new Map<number, (reply: Reply) => void>();
  #next = 0;
  #known = new Map<string, string>();
  #progress = '';
  #staff = '';

  constructor(private readonly script: string) {}

  async open(): Promise<void> {
    await this.#start();
    await this.#ask('CreateClinic', { clinic_name: 'Bench', staff_name: 'Bench', device_name: 'Bench', passphrase: PASSPHRASE });
  }

  /** Read, checked, sealed and saved; the person's look at the preview is nobody's time here. */
  async import(file: File, capSeconds: number): Promise<Moved> {
    const job = 1;
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1_000;
    let stopped = false;
    const cap = setTimeout(() => {
      stopped = true;
      void this.#ask('CancelJob', { job }).catch(() => {});
    }, capSeconds * 1_000);
    try {
      const { value: preview } = await this.#ask('PreviewImport', { job }, [file]);
      if (preview.blocked) throw new Error(`the engine refused the file: ${JSON.stringify(preview.issues.slice(0, 3))}`);
      const { value: report } = await this.#ask('CommitImport', { job });
      return { resources: report.resources, bytes: file.size, seconds: seconds(), stopped: false };
    } catch (fault) {
      if (!stopped) throw fault;
      return { resources: 0, bytes: 0, seconds: seconds(), stopped, why: `stopped at ${this.#progress}` };
    } finally {
      clearTimeout(cap);
    }
  }

  /** The engine's own name for a patient is a pseudonym, which a search by telephone tells. */
  async meet(people: Known[]): Promise<void> {
    for (const { id, phone } of people) {
      if (this.#known.has(id)) continue;
      const { value } = await this.#ask('Search', { query: phone, limit: LIMIT });
      if (value.rows.length === 0) throw new Error('a patient of the file is not found by telephone');
      this.#known.set(id, value.rows[0].patient);
    }
  }

  async chart({ id }: Known): Promise<Timed & { resources: number }> {
    const { ms, inWorker, value } = await this.#ask('OpenChart', { patient: this.#known.get(id) });
    return { ms, inWorker, resources: value.counts.reduce((sum: number, [, count]: [string, number]) => sum + count, 0) };
  }

  async note({ id }: Known): Promise<Timed> {
    const { ms, inWorker } = await this.#ask('SignVisit', { patient: this.#known.get(id), draft: draft() });
    return { ms, inWorker };
  }

  /** The rows that match as written come first; where they are few, similar names follow, as on the find page. */
  async search(query: string): Promise<Timed & { total: number; whole: number }> {
    const { ms, inWorker, value } = await this.#ask('Search', { query, limit: LIMIT });
    const similar = value.few ? (await this.#ask('SearchSimilar', { query, limit: LIMIT })).inWorker : 0;
    return { ms, inWorker, whole: inWorker + similar, total: value.total };
  }

  async unlock(typed: boolean): Promise<Timed & { patients: number; whole: number }> {
    await this.#ask('Lock', {});
    this.#worker.terminate();
    await this.#start();
    const { value: status } = await this.#ask('Status', {});
    this.#staff = status.staff[0].staff;
    // A passphrase is not typed in less.
    if (typed) await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { value, sinceKey, ms, inWorker } = await this.#ask('Unlock', { staff: this.#staff, passphrase: PASSPHRASE });
    if (sinceKey === undefined) throw new Error('the end of the key derivation was not seen');
    // The way back to the page is part of it, the key derivation is not.
    return { ms: sinceKey + Math.max(0, ms - inWorker) / 2, inWorker: sinceKey, whole: ms, patients: value.patients };
  }

  async export(bytes: number, capSeconds: number): Promise<Moved> {
    const job = 2;
    const begun = performance.now();
    const cap = setTimeout(() => void this.#ask('CancelJob', { job }).catch(() => {}), capSeconds * 1_000);
    try {
      const { value, blob } = await this.#ask('ExportClinic', { job });
      if (!blob) throw new Error('the export brought no file');
      // The file is a zip; what counts for everybody is the NDJSON that it holds.
      return { resources: value.resources, bytes, seconds: (performance.now() - begun) / 1_000, stopped: false };
    } catch (fault) {
      const seconds = (performance.now() - begun) / 1_000;
      if (seconds < capSeconds) throw fault;
      return { resources: 0, bytes: 0, seconds, stopped: true, why: `stopped at ${this.#progress}` };
    } finally {
      clearTimeout(cap);
    }
  }

  close(): void {
    this.#worker.terminate();
  }

  #start(): Promise<void> {
    const worker = new Worker(`/bench/engine_worker.js#${encodeURIComponent(this.script)}`, { type: 'module', name: 'lucerna-engine' });
    this.#worker = worker;
    this.#waiting.clear();
    return new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }) => {
        if (data.t === 'ready') resolve();
        else if (data.t === 'crashed') this.#crashed();
        else if (data.t === 'reply') this.#take(data.id)?.(data);
        else if (data.t === 'event') this.#hear(JSON.parse(data.json));
      };
    });
  }

  #take(id: number): ((reply: Reply) => void) | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #hear({ progress }: { progress?: { phase: string; done: number; total: number } }): void {
    if (progress) this.#progress = `${progress.phase}, ${Math.floor((100 * progress.done) / Math.max(1, progress.total))} %`;
  }

  #crashed(): void {
    for (const answer of this.#waiting.values()) answer({ ok: false, json: '"the engine stopped on a fault"', inWorker: 0 });
    this.#waiting.clear();
  }

  async #ask(name: string, words: object, files: File[] = []): Promise<Answer> {
    this.#next += 1;
    const id = this.#next;
    const begun = performance.now();
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ t: 'cmd', id, json: JSON.stringify({ [name]: words }), files });
    });
    if (!reply.ok) throw new Error(`${name}: ${reply.json}`);
    const value = JSON.parse(reply.json);
    return { value, blob: reply.blob, ms: performance.now() - begun, inWorker: reply.inWorker, sinceKey: reply.sinceKey };
  }
}
