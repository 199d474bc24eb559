// The browser's own doors, as the limits use them: no library stands between.

export async function sealing(): Promise<{ seal(plain: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>; open(sealed: ArrayBuffer): Promise<ArrayBuffer> }> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  let last = new Uint8Array(12);
  return {
    seal: (plain) => {
      last = crypto.getRandomValues(new Uint8Array(12));
      return crypto.subtle.encrypt({ name: 'AES-GCM', iv: last }, key, plain);
    },
    /** Opens what was sealed last. */
    open: (sealed) => crypto.subtle.decrypt({ name: 'AES-GCM', iv: last }, key, sealed),
  };
}

export function random(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}

export async function fresh(name: string, stores: string[]): Promise<IDBDatabase> {
  await asked(indexedDB.deleteDatabase(name));
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store);
  };
  return asked(request);
}

export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
