// What a peer is asked to be: a place for sealed lines, found again by patient, by kind, or all of them in turn.
// How it keeps them is its own affair, as its documentation advises.

import type { Keys } from './sealed.ts';

export type Line = { patient: string; isPatient: boolean; line: string };

export interface Peer {
  /** Opens, or makes, the database of this name. */
  open(name: string, keys: Keys, password: string): Promise<void>;
  /** All of it or nothing, durable when it returns. */
  put(lines: Line[]): Promise<void>;
  /** Everything about one patient, opened. */
  chart(patient: string): Promise<string[]>;
  /** Every Patient, opened, a batch at a time. */
  people(): AsyncIterable<string[]>;
  /** Every record, opened, a batch at a time. */
  everything(): AsyncIterable<string[]>;
  close(): Promise<void>;
}

/** How many records a peer writes and reads at once. */
export const BATCH = 1_000;
