// Looks for words that must not be anywhere: in what a tablet stored, in what it said, in what the server has.
// A word is looked for as UTF-8, UTF-16, hexadecimal and base64, and as JSON and addresses would escape it.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from './device.ts';
import type { Server } from './server.ts';

export type Find = { word: string; where: string };

/** Everything a page can reach of its own storage, as text, bytes in latin-1 so that none are lost. */
async function pageStorage(device: Device): Promise<Record<string, string>> {
  return device.page.evaluate(async () => {
    const latin = (bytes: Uint8Array): string => {
      let out = '';
      for (let at = 0; at < bytes.length; at += 8192) out += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return out;
    };
    const flat = async (value: unknown, depth = 0): Promise<string> => {
      if (depth > 8) return '';
      if (value instanceof ArrayBuffer) return latin(new Uint8Array(value));
      if (ArrayBuffer.isView(value)) return latin(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      if (value instanceof Blob) return latin(new Uint8Array(await value.arrayBuffer()));
      if (value && typeof value === 'object') {
        const parts = await Promise.all(Object.entries(value).map(async ([key, inner]) => `${key}=${await flat(inner, depth + 1)}`));
        return parts.join('\n');
      }
      return String(value);
    };
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const found: Record<string, string> = {};
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name!));
      for (const store of Array.from(database.objectStoreNames)) {
        const objects = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([asked(objects.getAllKeys()), asked(objects.getAll())]);
        found[`IndexedDB ${name}/${store} keys`] = (await Promise.all(keys.map((key) => flat(key)))).join('\n');
        found[`IndexedDB ${name}/${store} values`] = (await Promise.all(values.map((value) => flat(value)))).join('\n');
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      const entries = await cache.keys();
      found[`Cache Storage ${name} addresses`] = entries.map((entry) => entry.url).join('\n');
    }
    found['localStorage'] = await flat({ ...localStorage });
    found['sessionStorage'] = await flat({ ...sessionStorage });
    found['cookies'] = document.cookie;
    found['title'] = document.title;
    found['address'] = location.href;
    return found;
  });
}

/** How many rows the tablet's database holds: a canary that looked at nothing must not pass. */
export async function rowsStored(device: Device): Promise<number> {
  const stored = await pageStorage(device);
  return Object.entries(stored).filter(([where, text]) => where.endsWith('keys') && text.length > 0).length;
}

/** Where any of the words is found on one tablet: storage as the page sees it, files of the profile, console, addresses. */
export async function leaksOnDevice(device: Device, words: string[]): Promise<Find[]> {
  const places = await pageStorage(device);
  places['console'] = device.console.join('\n');
  places['requests'] = device.urls.join('\n');
  const found = Object.entries(places).flatMap(([where, text]) => hits(Buffer.from(text, 'latin1'), Buffer.from(text), where, words));
  const profile = join(device.folder, 'Default');
  for (const part of ['IndexedDB', 'Local Storage', 'Session Storage', 'Sessions', 'Service Worker', 'History', 'Favicons', 'Network']) {
    found.push(...leaksInFiles(join(profile, part), words));
  }
  return found;
}

/** Where any of the words is found in what the server stored or printed. */
export function leaksOnServer(server: Server, words: string[]): Find[] {
  const log = Buffer.from(server.log);
  return [...leaksInFiles(server.state, words), ...hits(log, log, 'the runtime printed', words)];
}

/** Where any of the words is found in what the server was sent. */
export function leaksInBytes(bytes: Buffer, where: string, words: string[]): Find[] {
  return hits(bytes, bytes, where, words);
}

export function leaksInFiles(path: string, words: string[]): Find[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isDirectory()) return readdirSync(path).flatMap((name) => leaksInFiles(join(path, name), words));
  const bytes = readFileSync(path);
  return hits(bytes, bytes, path, words);
}

function hits(bytes: Buffer, text: Buffer, where: string, words: string[]): Find[] {
  return words.filter((word) => spellings(word).some((spelt) => bytes.includes(spelt) || text.includes(spelt))).map((word) => ({ word, where }));
}

/** The byte strings under which a word could hide in plain sight. Base64 is tried at its three alignments. */
function spellings(word: string): Buffer[] {
  const utf8 = Buffer.from(word);
  const escaped = JSON.stringify(word).slice(1, -1);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64').replace(/=+$/, '');
    // The first and last letters also carry bits of the neighbours.
    return text.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const texts = [escaped, encodeURIComponent(word), utf8.toString('hex'), ...base64.filter((text) => text.length >= 6)];
  return [utf8, Buffer.from(word, 'utf16le'), ...texts.map((text) => Buffer.from(text))];
}
