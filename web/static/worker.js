// The engine's dedicated worker: enters the same wasm as the page by the other door. The page hands it the compiled module
// and says when to start; started by anything else, it fetches the module itself and starts at once.
// Whatever is thrown and not caught here means that the engine can no longer be trusted: the page ends it.

import init, { start_worker } from './app.js';

const crashed = () => self.postMessage({ t: 'crashed' });
self.addEventListener('error', crashed);
self.addEventListener('unhandledrejection', crashed);

const told = (what) =>
  new Promise((resolve) => self.addEventListener('message', ({ data }) => data?.t === what && resolve(data)));

if (self.name === 'lucerna-engine-given') {
  const start = told('start');
  await init({ module_or_path: (await told('module')).module });
  await start;
} else {
  await init({ module_or_path: new URL('app_bg.wasm', import.meta.url) });
}
start_worker();
