// Makes every writing transaction of this worker a strict one, for libraries that cannot be asked to.

export function strict(): void {
  const plain = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    return Reflect.apply(plain, this, [names, mode, mode === 'readwrite' ? { ...options, durability: 'strict' } : options]);
  };
}
