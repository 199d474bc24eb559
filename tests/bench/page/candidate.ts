// What the page asks of every candidate, ours and the others alike. Times are taken on the page, from the asking to the
// answer in hand; `inWorker` leaves the way there and back out.

import type { Known } from '../data/generate.ts';

export type Timed = { ms: number; inWorker?: number };
export type Moved = { resources: number; bytes: number; seconds: number; stopped: boolean; why?: string };

export interface Candidate {
  open(): Promise<void>;
  import(file: File, capSeconds: number): Promise<Moved>;
  /** What a candidate must look up before it can be asked for these patients; not timed. */
  meet(people: Known[]): Promise<void>;
  /** How many resources the answer held. */
  chart(patient: Known): Promise<Timed & { resources: number }>;
  note(patient: Known): Promise<Timed>;
  /** `whole` is the time in the worker until similar names had come too, for who looks for them. */
  search(query: string): Promise<Timed & { total: number; whole?: number }>;
  /** From the derived key to a search box that answers; `typed` if the lock screen stood there for a second before, for who
   * makes use of it. `whole` is the time from the click, the key derivation included, where there is one. */
  unlock(typed: boolean): Promise<Timed & { patients: number; whole?: number }>;
  export(bytes: number, capSeconds: number): Promise<Moved>;
  close(): void;
}
