// The service worker: answers the phone's pages from what it keeps, so that they open without a network and at once with one.
// Addresses of what it keeps hold a digest: nothing in there is ever outdated, and a new release never changes a page that
// somebody is filling. The server puts in the list of what belongs to its release. No module: Firefox runs it too.

/** @type {{release: string, precache: string[], shells: [string, string][]}} */
const SERVER = { release: '', precache: [], shells: [] };

/** @type {any} */
const worker = self;
const CACHE = 'census';
const KEPT = /^\/(static\/|collect\/(blank|definitions|codelists|shell)\/)/;
const MOST_HELD_MS = 280_000;

/** Open keys of accounts, in memory only. @type {Map<string, {key: CryptoKey, until: number}>} */
const keys = new Map();

worker.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const missing = [];
    for (const address of SERVER.precache) if (!await cache.match(address)) missing.push(address);
    await cache.addAll(missing);
    await worker.skipWaiting(); // addresses hold digests: pages of the release before go on with their own files
  })());
});

worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (KEPT.test(url.pathname)) { event.respondWith(fromCache(request)); return; }
  if (request.mode !== 'navigate') return;
  if (url.searchParams.has('fresh')) { event.respondWith(fresh(request)); return; }
  const shell = SERVER.shells.find(([pattern]) => new RegExp(pattern).test(url.pathname));
  if (shell) event.respondWith(shellOf(shell[1], request));
});

/** From the cache, else from the network and then kept. @param {Request} request */
async function fromCache(request) {
  const cache = await caches.open(CACHE);
  const there = await cache.match(request.url, { ignoreVary: true });
  if (there) return there;
  const response = await fetch(request);
  const forever = /immutable/.test(response.headers.get('Cache-Control') || '');
  if (response.ok && forever && !response.redirected) await cache.put(request.url, response.clone()).catch(() => undefined); // no room: it is only slower
  return response;
}

/** From the server, because this phone does not know who is signed in; without a network the PIN tells. @param {Request} request */
async function fresh(request) {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect('/collect/unlock');
  }
}

/** @param {string} address @param {Request} request */
async function shellOf(address, request) {
  const there = await (await caches.open(CACHE)).match(address, { ignoreVary: true });
  return there || fetch(request);
}

worker.addEventListener('message', (/** @type {any} */ event) => {
  const { type, account, key, until } = event.data;
  if (type === 'hold') {
    keys.set(account, { key, until });
    event.waitUntil(new Promise((done) => setTimeout(done, Math.max(0, Math.min(until - Date.now(), MOST_HELD_MS))))); // stay awake while the camera is in front
  } else if (type === 'ask') {
    event.ports[0].postMessage(worker.held(account));
  } else if (type === 'lock') {
    keys.delete(account);
  }
});

/** @param {string} account @returns {CryptoKey|null} */
worker.held = (account) => {
  const there = keys.get(account);
  if (there && there.until > Date.now()) return there.key;
  keys.delete(account);
  return null;
};
