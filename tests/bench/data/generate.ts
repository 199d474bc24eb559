// Multiplies Synthea's histories to a clinic of any size, always the same one: ten resources a patient on average,
// most patients with a Patient and seven or eight small resources, every two hundredth with a history of three hundred.

import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fill, type History, histories, source } from './histories.ts';
import { person, typed } from './people.ts';
import { pick, seed, uuid } from './random.ts';

/** Raised whenever what is written changes. */
const VERSION = 3;
const BLOCK = 200;
const WHOLE = 300;
const IN_A_BLOCK = BLOCK * 10;

export type Known = { id: string; phone: string };
export type Clinic = {
  version: number;
  source: string;
  patients: number;
  resources: number;
  bytes: number;
  sha256: string;
  file: string;
  /** Patients with a whole history. */
  whole: Known[];
  /** A thousand patients drawn at random, or all there are. */
  drawn: Known[];
  /** What is typed into the search box, letter by letter. */
  typed: string[];
};

export function clinic(root: string, patients: number): Clinic {
  const folder = join(root, 'target/bench-data');
  const notes = join(folder, `${patients}.json`);
  const { folder: from, name } = source(root);
  if (existsSync(notes)) {
    const kept: Clinic = JSON.parse(readFileSync(notes, 'utf8'));
    if (kept.version === VERSION && kept.source === name && existsSync(kept.file)) return kept;
  }
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${patients}.ndjson`);
  const sum = write(`${file}.part`, patients, histories(from));
  renameSync(`${file}.part`, file);
  const made: Clinic = { version: VERSION, source: name, patients, file, ...sum, ...questions(patients) };
  writeFileSync(notes, JSON.stringify(made));
  return made;
}

function write(path: string, patients: number, from: History[]): { resources: number; bytes: number; sha256: string } {
  const hash = createHash('sha256');
  const out = openSync(path, 'w');
  const sum = { resources: 0, bytes: 0 };
  let piece: string[] = [];
  const flush = () => {
    const bytes = Buffer.from(piece.join(''));
    hash.update(bytes);
    writeSync(out, bytes);
    sum.bytes += bytes.length;
    piece = [];
  };
  for (let n = 0; n < patients; n += 1) {
    for (const line of record(n, from)) {
      piece.push(line, '\n');
      sum.resources += 1;
    }
    if (piece.length > 20_000) flush();
  }
  flush();
  closeSync(out);
  return { ...sum, sha256: hash.digest('hex') };
}

/** One patient, everything of theirs together, as an export by patient would hold it. */
export function record(n: number, from: History[]): string[] {
  const chosen = pick(n, 40, from.length);
  const whole = n % BLOCK === WHOLE_AT;
  const id = patientId(n);
  const lines = [patientLine(n, id, from[chosen]!)];
  if (!whole) {
    const { small, patient } = from[chosen]!;
    const wanted = smallOf(n);
    // Neighbours in a history belong to the same visits.
    const start = pick(n, 41, Math.max(1, small.length - wanted));
    for (let i = 0; i < wanted; i += 1) lines.push(fill(small[(start + i) % small.length]!, { seed: seed(patient.id), id }, n));
    return lines;
  }
  for (let turn = 0; lines.length < WHOLE; turn += 1) {
    const { rest, patient } = from[(chosen + turn) % from.length]!;
    for (const template of rest.slice(0, WHOLE - lines.length)) lines.push(fill(template, { seed: seed(patient.id), id }, n * 16 + turn));
  }
  return lines;
}

const WHOLE_AT = 7;
/** So many small resources that a block of patients has exactly ten times as many resources. */
function smallOf(n: number): number {
  const left = IN_A_BLOCK - WHOLE - (BLOCK - 1);
  const each = Math.floor(left / (BLOCK - 1));
  const place = n % BLOCK > WHOLE_AT ? (n % BLOCK) - 1 : n % BLOCK;
  return place < left - each * (BLOCK - 1) ? each + 1 : each;
}

const patientId = (n: number) => uuid(seed('patient'), n);

function patientLine(n: number, id: string, from: History): string {
  const { given, family, birth, phone } = person(n);
  const { patient } = from;
  const identifier = patient.identifier.map((one: any, at: number) => ({ ...one, value: uuid(seed('identifier') + at, n) }));
  const telecom = [{ system: 'phone', value: phone, use: 'home' }];
  return JSON.stringify({ ...patient, id, identifier, name: [{ use: 'official', family, given }], telecom, birthDate: birth });
}

function questions(patients: number): Pick<Clinic, 'whole' | 'drawn' | 'typed'> {
  const known = (n: number): Known => ({ id: patientId(n), phone: person(n).phone });
  const wholes = Array.from({ length: Math.ceil(patients / BLOCK) }, (_, block) => block * BLOCK + WHOLE_AT).filter((n) => n < patients);
  // Spread over the whole file: what was written last is often the quickest to find.
  const spread = Array.from({ length: 40 }, (_, i) => Math.floor(((i + 0.5) * wholes.length) / 40));
  const drawn = new Set<number>();
  for (let i = 0; drawn.size < Math.min(1_000, patients); i += 1) drawn.add(pick(i, 50, patients));
  return {
    whole: [...new Set(spread)].map((at) => known(wholes[at]!)),
    drawn: [...drawn].map(known),
    typed: Array.from({ length: 48 }, (_, i) => typed(pick(i, 51, Math.floor(patients / 6)) * 6 + (i % 6))),
  };
}
