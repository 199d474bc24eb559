// Numbers that look random and are the same on every machine and in every version of Node: integers only.

/** Mixes two 32-bit numbers into one (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a, to begin a sequence from a word. */
export function seed(word: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < word.length; i += 1) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A number from 0 to `below` - 1 that belongs to this patient and this question. */
export function pick(patient: number, question: number, below: number): number {
  return mix(mix(0x1ce2ba, question), patient) % below;
}

const hex = (n: number) => n.toString(16).padStart(8, '0');

/** A UUID without a pattern: ids must not compress better than real ones do. */
export function uuid(word: number, patient: number): string {
  const digits = hex(mix(word, patient)) + hex(mix(word + 1, patient ^ 0x55aa)) + hex(mix(word + 2, patient + 77)) + hex(mix(word + 3, ~patient));
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
}
