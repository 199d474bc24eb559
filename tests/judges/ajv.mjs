// The official R4 JSON schema, run by ajv: primitive patterns, enumerations, unknown properties.
// The schema is read from the public data beside the clone; where that is absent this judge says so and is counted as skipped.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const SCHEMA = fileURLToPath(new URL('../../../shared/data/fhir-r4/schema/fhir.schema.r4.json', import.meta.url));

export const ajv = {
  name: 'official schema',
  prepare() {
    if (!existsSync(SCHEMA)) return `${SCHEMA} is absent`;
    const Ajv = createRequire(import.meta.url)('ajv');
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8').replace(/^\uFEFF/, ''));
    // The schema calls itself draft 6, whose meta-schema ajv no longer brings; nothing in it needs that draft.
    delete schema.$schema;
    delete schema.id;
    schema.$id = 'http://hl7.org/fhir/json-schema/4.0';
    const engine = new (Ajv.default ?? Ajv)({ strict: false, unicodeRegExp: false });
    engine.addSchema(schema, 'fhir');
    const compiled = new Map();
    const check = (resource, where) => {
      const type = resource?.resourceType;
      if (!schema.definitions[type]) return [`${where}unknown resourceType ${type}`];
      if (!compiled.has(type)) compiled.set(type, engine.compile({ $ref: `fhir#/definitions/${type}` }));
      const validate = compiled.get(type);
      if (validate(resource)) return [];
      return validate.errors.slice(0, 3).map((error) => `${where}${error.instancePath || '/'} ${error.message}`);
    };
    return (resource) => {
      if (resource.resourceType !== 'Bundle') return check(resource, '');
      // Entry by entry: the schema's union over all types would only say that none of them fits.
      const shell = { ...resource, entry: (resource.entry ?? []).map(({ resource: _, ...entry }) => entry) };
      if (shell.entry.length === 0) delete shell.entry;
      const entries = (resource.entry ?? []).flatMap((entry, at) => (entry.resource ? check(entry.resource, `entry[${at}] `) : []));
      return [...check(shell, ''), ...entries];
    };
  },
};
