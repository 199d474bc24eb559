// The engine's dedicated worker: loads the same wasm as the page and enters it by the other door.
// Whatever is thrown and not caught here means that the engine can no longer be trusted: the page ends it.

import init, { start_worker } from './app.js';

const crashed = () => self.postMessage({ t: 'crashed' });
self.addEventListener('error', crashed);
self.addEventListener('unhandledrejection', crashed);

await init({ module_or_path: new URL('app_bg.wasm', import.meta.url) });
start_worker();
