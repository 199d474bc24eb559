// The engine's dedicated worker, and the second one that works for it: each enters the engine's module by its own door.
// The compiled module is handed to it, and it is told when to start; an engine started by anything else fetches the module
// itself and starts at once.
// Whatever is thrown and not caught here means that it can no longer be trusted: who made it ends it.

import init, { start_aside, start_worker } from './engine.js';

const crashed = () => self.postMessage({ t: 'crashed' });
self.addEventListener('error', crashed);
self.addEventListener('unhandledrejection', crashed);

const told = (what) =>
  new Promise((resolve) => self.addEventListener('message', ({ data }) => data?.t === what && resolve(data)));

// The engine makes no worker but this very script once more.
const allowed = (url) => {
  if (url === import.meta.url) return url;
  throw new TypeError('this script is not part of the app');
};

function makeAside() {
  const policy = self.trustedTypes ? policyOnce() : { createScriptURL: allowed };
  return new Worker(policy.createScriptURL(import.meta.url), { type: 'module', name: 'lucerna-aside' });
}

let made;
const policyOnce = () => (made ??= self.trustedTypes.createPolicy('lucerna', { createScriptURL: allowed }));

if (self.name === 'lucerna-aside') {
  await init({ module_or_path: (await told('module')).module });
  start_aside();
} else {
  if (self.name === 'lucerna-engine-given') {
    const start = told('start');
    await init({ module_or_path: (await told('module')).module });
    await start;
  } else {
    await init({ module_or_path: new URL('engine_bg.wasm', import.meta.url) });
  }
  start_worker(makeAside);
}
