// One visit's note, as the peers save it (five resources) and as ours is told it (a draft, which signing makes into such resources).

const WORDS = {
  subjective: 'Batuk tiga hari, demam sejak kemarin, nafsu makan menurun.',
  objective: 'Tampak sakit ringan. Faring hiperemis, paru bersih.',
  assessment: 'Infeksi saluran napas atas akut.',
  plan: 'Parasetamol 500 mg tiga kali sehari, minum cukup, kembali bila sesak.',
};

export function draft(): object {
  const vital = (kind: string, value: string, unit: string) => ({ kind, value, unit, confirmed: false });
  return {
    started: Date.now(),
    ...WORDS,
    vitals: [vital('heart-rate', '88', '/min'), vital('temperature', '37.9', 'Cel'), vital('weight', '61', 'kg')],
    diagnoses: [],
    follow_up: '',
  };
}

export function note(patient: string): string[] {
  const at = new Date().toISOString();
  const subject = { reference: `Patient/${patient}` };
  const visit = crypto.randomUUID();
  const encounter = { reference: `Encounter/${visit}` };
  const observation = (code: string, display: string, value: number, unit: string) => ({
    resourceType: 'Observation',
    id: crypto.randomUUID(),
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
    code: { coding: [{ system: 'http://loinc.org', code, display }] },
    subject,
    encounter,
    effectiveDateTime: at,
    valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit },
  });
  const section = Object.entries(WORDS).map(([title, words]) => ({ title, text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${words}</p></div>` } }));
  const resources = [
    { resourceType: 'Encounter', id: visit, status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, subject, period: { start: at, end: at } },
    { resourceType: 'Composition', id: crypto.randomUUID(), status: 'final', type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }] }, subject, encounter, date: at, title: 'Progress note', section },
    observation('8867-4', 'Heart rate', 88, '/min'),
    observation('8310-5', 'Body temperature', 37.9, 'Cel'),
    observation('29463-7', 'Body weight', 61, 'kg'),
  ];
  return resources.map((resource) => JSON.stringify(resource));
}
