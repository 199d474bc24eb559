// The judges judged: what is right passes all of them, and each broken fixture is refused by at least one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function judge(...paths) {
  const { status, stdout } = spawnSync(process.execPath, [here('judge.mjs'), ...paths], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status, stdout };
}

test('a whole synthetic history passes every judge', () => {
  const { status, stdout } = judge(here('../fixtures/synthea'));
  assert.equal(status, 0, stdout.slice(-4000));
});

test('each broken fixture is refused by at least one judge', () => {
  const { status, stdout } = judge(here('../fixtures/broken'));
  assert.equal(status, 1);
  for (const name of readdirSync(here('../fixtures/broken'))) assert.match(stdout, new RegExp(`ERROR .*${name}`), name);
});

test('nothing to judge is a fault, not a pass', () => {
  assert.notEqual(judge(here('node_modules/.bin')).status, 0);
  assert.equal(judge(here('no-such-file.json')).status, 2);
});
