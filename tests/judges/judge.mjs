// Judges FHIR R4 files: `node judge.mjs FILE|DIR…`, over .json (a resource or a Bundle) and .ndjson.
// Three validators that are not ours; each fault is told with file, place and judge. Any fault ends with code 1.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ajv } from './ajv.mjs';
import { lantana } from './lantana.mjs';
import { medplum } from './medplum.mjs';

const JUDGES = [medplum, lantana, ajv];

/** Each document of a file with its place: the file itself, or a line of it. */
function* documents(path) {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) yield* documents(join(path, name));
  } else if (path.endsWith('.ndjson')) {
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const [at, line] of lines.entries()) if (line !== '') yield { place: `${path}:${at + 1}`, path, text: line };
  } else if (path.endsWith('.json')) {
    yield { place: path, path, text: readFileSync(path, 'utf8') };
  }
}

const absent = process.argv.slice(2).filter((path) => !existsSync(path));
if (process.argv.length < 3 || absent.length > 0) {
  console.error(absent.length > 0 ? `there is no ${absent.join(', ')}` : 'usage: node judge.mjs FILE|DIR…');
  process.exit(2);
}

let passed = 0;
let failed = 0;
let skipped = 0;
const all = process.argv.slice(2).flatMap((path) => [...documents(path)]);
for (const { name, prepare } of JUDGES) {
  const judge = prepare();
  if (typeof judge === 'string') {
    console.log(`SKIPPED: ${name}: ${judge}`);
    skipped += 1;
    continue;
  }
  for (const path of new Set(all.map((document) => document.path))) {
    const faults = all.filter((document) => document.path === path).flatMap((document) => faultsOf(judge, document));
    for (const fault of faults.slice(0, 20)) console.log(`ERROR ${name}: ${fault}`);
    console.log(`${faults.length === 0 ? 'ok' : `${faults.length} faults`} ${name} ${relative(process.cwd(), path)}`);
    if (faults.length === 0) passed += 1;
    else failed += 1;
  }
}
if (all.length === 0) {
  console.log('ERROR there was nothing to judge');
  failed += 1;
}
console.log(`# documents ${all.length}\n# pass ${passed}\n# fail ${failed}\n# skipped ${skipped}`);
process.exit(failed === 0 ? 0 : 1);

function faultsOf(judge, { place, text }) {
  try {
    return judge(JSON.parse(text)).map((fault) => `${place}: ${fault}`);
  } catch (error) {
    return [`${place}: ${error.message}`];
  }
}
