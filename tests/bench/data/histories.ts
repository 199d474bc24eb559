// Synthea's histories as templates: each resource cut at the ids it holds, so that a copy for another patient is a join of strings.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seed, uuid } from './random.ts';

/** A resource in pieces: `text[0] id[0] text[1] id[1] …`, ids as numbers that stand for the words they come from. */
export type Template = { type: string; text: string[]; ids: number[] };
export type History = { patient: any; rest: Template[]; small: Template[] };

/** What a small clinic's visit leaves: no bills and no plans, which are long. */
const SMALL = ['Encounter', 'Observation', 'Condition', 'Immunization', 'Procedure', 'MedicationRequest', 'AllergyIntolerance'];
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The public data beside the clone, or the two histories that every clone has. */
export function source(root: string): { folder: string; name: string } {
  const public20 = join(root, '../shared/data/patients/small20');
  if (existsSync(public20)) return { folder: public20, name: 'Synthea, 20 patients of smart-on-fhir/generated-sample-data' };
  return { folder: join(root, 'tests/fixtures/synthea'), name: 'Synthea, the two patients of tests/fixtures' };
}

export function histories(folder: string): History[] {
  const found: History[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
    const entries: { fullUrl: string; resource: any }[] = JSON.parse(readFileSync(join(folder, file), 'utf8')).entry;
    const patient = entries.find(({ resource }) => resource.resourceType === 'Patient')?.resource;
    // Hospitals and practitioners are nobody's history; what refers to them does so by their ids.
    if (!patient) continue;
    const types = new Map(entries.map(({ fullUrl, resource }) => [fullUrl, resource.resourceType as string]));
    const own = entries.filter(({ resource }) => !['Patient', 'Organization', 'Practitioner'].includes(resource.resourceType));
    const rest = own.map(({ resource }) => template(resource, types));
    found.push({ patient, rest, small: rest.filter(({ type }) => SMALL.includes(type)) });
  }
  if (found.length === 0) throw new Error(`there is no history in ${folder}`);
  return found;
}

/** `urn:uuid:…` becomes `Type/…`, as in NDJSON, where nothing has a full URL. */
function template(resource: any, types: Map<string, string>): Template {
  const line = JSON.stringify(resource).replace(/urn:uuid:[0-9a-f-]{36}/g, (url) => `${types.get(url) ?? 'Organization'}/${url.slice(9)}`);
  return { type: resource.resourceType, text: line.split(UUID), ids: (line.match(UUID) ?? []).map(seed) };
}

/** `copy` gives every id but the patient's own another value, so that one patient may hold two histories. */
export function fill(template: Template, patient: { seed: number; id: string }, copy: number): string {
  let line = template.text[0]!;
  for (let i = 0; i < template.ids.length; i += 1) {
    const word = template.ids[i]!;
    line += (word === patient.seed ? patient.id : uuid(word, copy)) + template.text[i + 1]!;
  }
  return line;
}
