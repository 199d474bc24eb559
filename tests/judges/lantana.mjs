// npm `fhir` (Lantana): structure, cardinality, required value sets, reference target types.
// It does not see primitive formats or invariants; the other two do.

import { createRequire } from 'node:module';

export const lantana = {
  name: 'lantana',
  prepare() {
    const { Fhir } = createRequire(import.meta.url)('fhir');
    const fhir = new Fhir();
    return (resource) => {
      const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
      const grave = messages.filter(({ severity }) => severity === 'error' || severity === 'fatal');
      return grave.map(({ message, location }) => `${message} ${location}`);
    };
  },
};
