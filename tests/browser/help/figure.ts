// Writes one measured figure for `cargo xtask bench` to put in its table, and small statistics to make one.

import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export type Unit = 'ms' | 's' | 'MB/s' | '1/s' | 'kB' | 'ratio' | 'frames';

export function figure(what: string, value: number, unit: Unit, note = ''): void {
  mkdirSync(join(root, 'target'), { recursive: true });
  appendFileSync(join(root, 'target/bench.jsonl'), `${JSON.stringify({ what, value, unit, note })}\n`);
}

/** The middle value, which one hiccup of a busy machine does not move. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** The value that only one in twenty exceeds. */
export function p95(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}
