// One tablet: a Chromium of its own with a profile of its own, whose console is heard and whose plug can be pulled.
// It knows nothing of what the app shows.

import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from '@playwright/test';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Two profiles on one machine find each other by address: no multicast names in a container.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

export const TABLET = { width: 1280, height: 800 };

export class Device {
  /** Everything the page, its workers and its errors said. */
  readonly console: string[] = [];
  /** Every address that was asked for. */
  readonly urls: string[] = [];
  readonly folder: string;
  #context: BrowserContext | undefined;

  private constructor(
    readonly name: string,
    readonly home: string,
    private readonly options: BrowserContextOptions & { args?: string[] },
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `lucerna-${name}-`));
  }

  static async open(name: string, home: string, options: BrowserContextOptions & { args?: string[] } = {}): Promise<Device> {
    const device = new Device(name, home, options);
    await device.open();
    return device;
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error(`${this.name} is switched off`);
    return this.#context;
  }

  /** The first page, which shows the app. */
  get page(): Page {
    const page = this.context.pages()[0];
    if (!page) throw new Error(`${this.name} has no page`);
    return page;
  }

  /** Switches the tablet on and opens the app, unless told otherwise. */
  async open(path: string | null = '/'): Promise<Page> {
    const { args = [], ...options } = this.options;
    this.#context = await chromium.launchPersistentContext(this.folder, {
      executablePath: process.env.LUCERNA_CHROMIUM ?? '/usr/bin/chromium',
      viewport: TABLET,
      locale: 'en-GB',
      timezoneId: 'Asia/Jakarta',
      serviceWorkers: 'allow',
      ignoreDefaultArgs: ['--headless', '--disable-back-forward-cache'],
      args: [...FLAGS, ...args],
      ...options,
    });
    this.#context.setDefaultTimeout(20_000);
    this.#context.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    this.#context.on('weberror', (error) => this.console.push(`uncaught: ${error.error().stack ?? error.error()}`));
    this.#context.on('request', (request) => this.urls.push(request.url()));
    const page = this.#context.pages()[0] ?? (await this.#context.newPage());
    if (path !== null) await page.goto(this.home + path);
    return page;
  }

  /** Cuts this tablet from every network, the server on this machine included. */
  offline(off = true): Promise<void> {
    return this.context.setOffline(off);
  }

  /** Waits until the app would open without a network: the service worker holds the page and all it needs. */
  async installed(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    if (!(await this.page.evaluate(() => Boolean(navigator.serviceWorker.controller)))) await this.page.reload();
  }

  /** Ends the browser between two instructions, as an empty battery does; the profile stays on disk. */
  async kill(): Promise<void> {
    const context = this.context;
    const gone = new Promise((resolve) => context.once('close', resolve));
    for (const pid of pidsOf(this.folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Children of the one before may be gone already.
      }
    }
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 3_000))]);
    this.#context = undefined;
    for (const lock of ['SingletonLock', 'SingletonSocket', 'SingletonCookie']) rmSync(join(this.folder, lock), { force: true });
  }

  /** Switches off properly, keeping the profile. */
  async off(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
  }

  /** Switches off and forgets the profile. */
  async close(): Promise<void> {
    await this.off();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Errors that the console showed. Losing the network is no error here: tests do it on purpose. */
  errors(): string[] {
    return this.console.filter((line) => /^(error|uncaught)/.test(line) && !/net::ERR_|Failed to load resource|WebSocket connection/.test(line));
  }
}

/** The browser processes that run on this profile and no other. */
function pidsOf(folder: string): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      readlinkSync(`/proc/${name}/exe`);
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(`--user-data-dir=${folder}`)) pids.push(Number(name));
    } catch {
      // Processes come and go while we look.
    }
  }
  return pids;
}
