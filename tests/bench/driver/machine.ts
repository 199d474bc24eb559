// What the figures were taken on, and what the browser's processes hold while they are taken.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';

export type Machine = { cpu: string; cores: number; memory: number; browser: string; load: number; revision: string; changed: boolean; command: string; began: string };

export function machine(root: string, browser: string, command: string): Machine {
  const git = (...words: string[]) => {
    try {
      return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return '';
    }
  };
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    browser,
    load: loadavg()[0] ?? 0,
    revision: git('rev-parse', '--short=12', 'HEAD'),
    changed: git('status', '--porcelain', '--untracked-files=no') !== '',
    command,
    began: new Date().toISOString(),
  };
}

/** What the renderers hold in real memory, looked at twenty times a second while something runs. */
export class Memory {
  #timer: NodeJS.Timeout | undefined;
  #peak = 0;
  readonly #first: number;

  private constructor(private readonly pids: number[]) {
    this.#first = this.#now();
  }

  static async of(context: BrowserContext): Promise<Memory> {
    const browser = context.browser() as Browser;
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return new Memory(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id));
  }

  /** The most that was held beyond what was held before. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; peak: number }> {
    const base = (this.#peak = this.#now());
    this.#timer = setInterval(() => (this.#peak = Math.max(this.#peak, this.#now())), 50);
    try {
      const result = await work();
      return { result, peak: Math.max(this.#peak, this.#now()) - base };
    } finally {
      clearInterval(this.#timer);
    }
  }

  /** What is held now beyond what was held when this was made. */
  held(): number {
    return this.#now() - this.#first;
  }

  #now(): number {
    return this.pids.reduce((sum, pid) => sum + residentOf(pid), 0);
  }
}

function residentOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1_024;
  } catch {
    // A spare process may be gone.
    return 0;
  }
}

/** What the databases and files of all origins take of the disk. The browser's own estimate counts OPFS twice. */
export function storedIn(profile: string): number {
  return sizeOf(join(profile, 'Default/IndexedDB')) + sizeOf(join(profile, 'Default/File System'));
}

function sizeOf(path: string): number {
  try {
    const stat = statSync(path);
    return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : stat.blocks * 512;
  } catch {
    return 0;
  }
}
