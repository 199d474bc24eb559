// The app's own words, read from its locale files, so that a better wording does not break a test and both languages can be tried.
// Only plain messages are known; one with a plural or a variable is matched by the specs with an expression.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export type Language = 'en' | 'id';

const known = new Map<string, string>();
for (const language of ['en', 'id'] as const) {
  const folder = join(root, 'web/src/locales', language);
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.ftl'))) {
    for (const [, key, text] of readFileSync(join(folder, name), 'utf8').matchAll(/^([a-z][\w-]*) *= *(.+)$/gm)) known.set(`${language}/${key}`, text!.trim());
  }
}

/** The words of a key. An unknown key is a mistake in the test or a word the app has lost. */
export function w(key: string, language: Language = 'en'): string {
  const text = known.get(`${language}/${key}`);
  if (text === undefined) throw new Error(`no locale file of ${language} has the key ${key}`);
  return text;
}

/** The words of a key with holes, as an expression that fits any filling. */
export function like(key: string, language: Language = 'en'): RegExp {
  const pieces = w(key, language).split(/\{[^}]*\}/);
  return new RegExp(pieces.map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
}
