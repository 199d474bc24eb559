// How the peers search: every patient's name, birth date and telephone decrypted into memory at unlock, every word of the
// query looked for in each. The plain way, which a developer takes first. It forgives no slip and ranks nothing.

export type Row = { id: string; name: string; birth: string };

export class Names {
  #rows: (Row & { folded: string })[] = [];

  get count(): number {
    return this.#rows.length;
  }

  add(patient: any): void {
    const [name] = patient.name;
    const shown = [...name.given, name.family].join(' ');
    const [year, month, day] = (patient.birthDate as string).split('-').map(Number);
    const folded = fold(`${shown} ${patient.birthDate} ${day}/${month}/${year} ${patient.telecom?.[0]?.value ?? ''}`);
    this.#rows.push({ id: patient.id, name: shown, birth: patient.birthDate, folded });
  }

  find(query: string, limit: number): { rows: Row[]; total: number } {
    const words = fold(query).split(' ').filter(Boolean);
    const found = this.#rows.filter(({ folded }) => words.every((word) => folded.includes(word)));
    return { rows: found.slice(0, limit).map(({ id, name, birth }) => ({ id, name, birth })), total: found.length };
  }
}

const fold = (words: string) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
