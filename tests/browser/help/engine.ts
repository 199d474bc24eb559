// Listens at the door between a page and its engine worker, and knocks on it: how long each command took, and what it answers.
// For measurements and for waiting. Specs that speak for a clinician use the screen instead.

import type { Page } from '@playwright/test';

export type Call = { name: string; ms: number; ok: boolean };
/** A file handed over beside a command. */
export type Given = { name: string; text: string };

declare global {
  interface Window {
    lucernaDoor: { calls: Call[]; ask(name: string, words: unknown, files?: Given[]): Promise<unknown>; file(name: string, words: unknown): Promise<string> };
  }
}

/** Must come before the page is opened. */
export async function listenAtTheDoor(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const started = new Map<number, { name: string; at: number }>();
    const own = new Map<number, (data: { ok: boolean; json: string; blob?: Blob }) => void>();
    const post = Worker.prototype.postMessage;
    let door: Worker | undefined;
    // The app counts its own calls from one; these can never meet them.
    let next = 4_000_000_000;
    const calls: Call[] = [];
    const hear = ({ data }: MessageEvent) => {
      if (data?.t !== 'reply') return;
      const call = started.get(data.id);
      started.delete(data.id);
      if (call) calls.push({ name: call.name, ms: performance.now() - call.at, ok: data.ok });
      own.get(data.id)?.(data);
      own.delete(data.id);
    };
    Worker.prototype.postMessage = function (this: Worker, message: { t?: string; id: number; json: string }, ...rest: unknown[]) {
      if (message?.t === 'cmd') {
        if (door !== this) this.addEventListener('message', hear);
        door = this;
        started.set(message.id, { name: Object.keys(JSON.parse(message.json))[0] ?? '', at: performance.now() });
      }
      return Reflect.apply(post, this, [message, ...rest]);
    } as typeof post;
    const say = (name: string, words: unknown, files: Given[] = []): Promise<{ json: string; blob?: Blob }> =>
      new Promise((resolve, reject) => {
        if (!door) return reject(new Error('no engine yet'));
        const id = next++;
        own.set(id, (reply) => (reply.ok ? resolve(reply) : reject(new Error(`${name}: ${reply.json}`))));
        const given = files.map(({ name, text }) => new File([text], name));
        door.postMessage({ t: 'cmd', id, json: JSON.stringify({ [name]: words }), files: given });
      });
    window.lucernaDoor = {
      calls,
      ask: async (name, words, files) => JSON.parse((await say(name, words, files)).json),
      file: async (name, words) => (await say(name, words)).blob?.text() ?? '',
    };
  });
}

/** What a command answers. */
export function ask<T>(page: Page, name: string, words: unknown = {}): Promise<T> {
  return page.evaluate(({ name, words }) => window.lucernaDoor.ask(name, words), { name, words }) as Promise<T>;
}

/** The text of the file that comes beside a command's answer. */
export function file(page: Page, name: string, words: unknown = {}): Promise<string> {
  return page.evaluate(({ name, words }) => window.lucernaDoor.file(name, words), { name, words });
}

/** How long each call of that name took, from the page's side, since the page was opened. */
export function times(page: Page, name: string): Promise<number[]> {
  return page.evaluate((name) => window.lucernaDoor.calls.filter((call) => call.name === name).map((call) => call.ms), name);
}

/** From the next click on this page to the first frame that shows the element, in the page's own clock. */
export async function clickToFrame(page: Page, click: () => Promise<void>, selector: string): Promise<number> {
  const measured = page.evaluate(
    (selector) =>
      new Promise<number>((done) => {
        const from = () => {
          const begun = performance.now();
          const look = () => (document.querySelector(selector) ? requestAnimationFrame(() => done(performance.now() - begun)) : requestAnimationFrame(look));
          look();
        };
        addEventListener('click', from, { capture: true, once: true });
      }),
    selector,
  );
  await click();
  return measured;
}

/** How many bytes the tablet's databases hold, keys left out, and in how many rows. */
export function stored(page: Page): Promise<{ bytes: number; rows: number }> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const sum = { bytes: 0, rows: 0 };
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name!));
      for (const store of Array.from(database.objectStoreNames)) {
        for (const value of await asked(database.transaction(store).objectStore(store).getAll())) {
          sum.bytes += value.byteLength ?? 0;
          sum.rows += 1;
        }
      }
      database.close();
    }
    return sum;
  });
}
