// The real Worker in the real runtime, on a port of its own, which a test may stop, kill and start again.
// `cargo xtask test-browser` builds everything first and says where the task runner is.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.ts';

export class Server {
  readonly url: string;
  /** Where the runtime keeps what rooms store; the canary reads it. */
  readonly state = mkdtempSync(join(tmpdir(), 'lucerna-state-'));
  /** Everything the runtime printed. */
  log = '';
  #child: ChildProcess | undefined;

  private constructor(readonly port: number) {
    this.url = `http://localhost:${port}`;
  }

  static async start(): Promise<Server> {
    const server = new Server(await freePort());
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error('the server already runs');
    const xtask = process.env.LUCERNA_XTASK;
    if (!xtask) throw new Error('run these tests with `cargo xtask test-browser`: it builds the app and names the task runner');
    const words = ['serve', '--no-build', '--port', String(this.port), '--state', this.state];
    const child = spawn(xtask, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => (this.log += bytes));
    await this.#answers(child);
  }

  /** Takes the server away as a dead machine would; what it stored stays. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }

  /** Stops it for good and forgets what it stored. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.state, { recursive: true, force: true });
  }

  async #answers(child: ChildProcess): Promise<void> {
    const end = Date.now() + 20_000;
    while (Date.now() < end) {
      if (child.exitCode !== null) throw new Error(`the server ended at once:\n${this.log}`);
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not answer within 20 s:\n${this.log}`);
  }
}

async function freePort(): Promise<number> {
  const fixed = process.env.LUCERNA_TEST_PORT;
  if (fixed) return Number(fixed) + Number(process.env.TEST_PARALLEL_INDEX ?? 0);
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
