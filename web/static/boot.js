// Starts the page: names the scripts that may be loaded, registers the service worker, hands over to the wasm.
// It holds the page's only Trusted Types policy, so that nothing else can name a script.

import init, { start_page } from './page.js';

const here = new URL('.', import.meta.url);
const PAGE = new URL('page_bg.wasm', here);
const ENGINE = new URL('engine_bg.wasm', here);
const WORKER = new URL('worker.js', here).href;
const SERVICE_WORKER = new URL('/sw.js', here).href;

const allowed = (url) => {
  if (url === WORKER || url === SERVICE_WORKER) return url;
  throw new TypeError('this script is not part of the app');
};
const policy = self.trustedTypes
  ? self.trustedTypes.createPolicy('lucerna', { createScriptURL: allowed })
  : { createScriptURL: allowed };

const ready = init({ module_or_path: fetch(PAGE) });
// On a device that keeps the release both modules come at once. A first visitor is welcomed before the engine, the larger
// one, takes the line.
const turn = navigator.serviceWorker?.controller ? Promise.resolve() : ready.catch(() => {});
// Compiled once, while it still arrives. A worker made after a lock fetches and compiles nothing.
const compiling = turn.then(() => WebAssembly.compileStreaming(fetch(ENGINE)));

function makeEngine() {
  // The name tells the worker that the module will be handed to it; a fragment would not survive the service worker.
  const worker = new Worker(policy.createScriptURL(WORKER), { type: 'module', name: 'lucerna-engine-given' });
  compiling.then((module) => worker.postMessage({ t: 'module', module }), sayBroken);
  return worker;
}

// The first engine loads its scripts while the module is still being compiled, and says nothing until it is asked to
// start. One that failed before anybody listened is not used.
let early = makeEngine();
early.onmessage = early.onerror = () => (early = null);

function spawn() {
  const worker = early ?? makeEngine();
  early = null;
  worker.postMessage({ t: 'start' });
  return worker;
}

const HOUR_MS = 3_600_000;

function keepOffline() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const hadOne = Boolean(serviceWorker.controller);
  serviceWorker
    .register(policy.createScriptURL(SERVICE_WORKER), { scope: '/', updateViaCache: 'none' })
    .then((registration) => setInterval(() => registration.update().catch(() => {}), HOUR_MS))
    .catch(() => {});
  // A person took the new version into use in some tab: this one's files are gone.
  serviceWorker.addEventListener('controllerchange', () => {
    if (hadOne) location.reload();
  });
}

function applyTheme() {
  try {
    const theme = localStorage.getItem('lucerna-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage refused: the system's theme it is.
  }
}

function sayBroken() {
  let note = document.getElementById('boot-note');
  if (!note) {
    // The page is up and will never have an engine.
    note = document.body.insertBefore(document.createElement('p'), document.body.firstChild);
    note.id = 'boot-note';
  }
  note.setAttribute('role', 'alert');
  note.textContent =
    'Lucerna could not start in this browser. Reload, or update the browser. ' +
    '/ Lucerna tidak dapat dimulai. Muat ulang, atau perbarui peramban.';
}

applyTheme();
// What keeps the release offline fetches all of it; on a narrow line that waits until the first screen has its share.
Promise.allSettled([ready, compiling]).then(keepOffline);
try {
  await ready;
  start_page(spawn);
} catch (error) {
  sayBroken();
  throw error;
}
