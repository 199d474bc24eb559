// What every peer seals with: AES-256-GCM by WebCrypto, a random nonce for each record, and pseudonyms by HMAC.
// The keys are given: deriving them from a passphrase costs everybody the same and is timed for nobody.

export type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer };

const text = new TextEncoder();
const plain = new TextDecoder();

export class Keys {
  #seen = new Map<string, Uint8Array<ArrayBuffer>>();

  private constructor(
    private readonly seal: CryptoKey,
    private readonly name: CryptoKey,
  ) {}

  static async of(raw: Uint8Array<ArrayBuffer>): Promise<Keys> {
    const seal = await crypto.subtle.importKey('raw', raw.slice(0, 32), 'AES-GCM', false, ['encrypt', 'decrypt']);
    const name = await crypto.subtle.importKey('raw', raw.slice(32, 64), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Keys(seal, name);
  }

  async close(words: string): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.seal, text.encode(words)) };
  }

  async open({ iv, data }: { iv: BufferSource; data: BufferSource }): Promise<string> {
    return plain.decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: iv as Uint8Array<ArrayBuffer> }, this.seal, data));
  }

  /** Sixteen bytes that stand for a patient: no store may learn the id. */
  async pseudonym(patient: string): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.#seen.get(patient);
    if (known) return known;
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', this.name, text.encode(patient)), 0, 16).slice();
    // Records of one patient come together; more than that need not be remembered.
    if (this.#seen.size > 1_000) this.#seen.clear();
    this.#seen.set(patient, mac);
    return mac;
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function base64(bytes: Uint8Array): string {
  let characters = '';
  for (let i = 0; i < bytes.length; i += 8_192) characters += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return btoa(characters);
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
