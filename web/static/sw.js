// Keeps one whole release of the app on the device, so that it opens with no network. It never sees the clinic's
// data: the relay's sockets pass it by, and it stores nothing but the files listed here.

const CACHE = 'lucerna-{{VERSION}}';
const FILES = {{PRECACHE}};
const START = '/';

self.addEventListener('install', (event) => event.waitUntil(keepAll()));

// The old release stays in use until a person takes the new one; see `update.rs`.
self.addEventListener('message', (event) => {
  if (event.data === 'activate') self.skipWaiting();
});

self.addEventListener('activate', (event) => event.waitUntil(takeOver()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/relay') || url.pathname === '/healthz') return;
  event.respondWith(request.mode === 'navigate' ? startPage(request) : fromRelease(request));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map((path) => keep(cache, path)));
}

// Files in the hashed folder never change, so that the browser's own copy will do; the others are asked for afresh.
async function keep(cache, path) {
  const request = new Request(path, { cache: path.startsWith('/assets/') ? 'default' : 'no-cache' });
  const response = await fetch(request);
  if (response.status !== 200 || response.redirected || response.type !== 'basic') {
    throw new Error('a file of the release is missing');
  }
  await cache.put(request, response);
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith('lucerna-') && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function startPage(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(START)) ?? fetch(request);
}

async function fromRelease(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
