// The service worker: answers the phone's pages from what it keeps, so that they open without a network and at once
// with one. Addresses of what it keeps hold a digest: nothing in there is ever outdated, and a new release never
// changes a page that somebody is filling. The server puts in the list of what belongs to its release. No module:
// Firefox runs it too.

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
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      const missing = [];
      for (const address of SERVER.precache) if (!(await cache.match(address))) missing.push(address);
      await cache.addAll(missing);
      await worker.skipWaiting(); // addresses hold digests: pages of the release before go on with their own files
    })(),
  );
});

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(worker.clients.claim());
  prune(0).catch(() => undefined); // pages need not wait for it; what is left goes the next time
});

const FORM = /^\/collect\/blank\/([^/]+)\//;
const NAMED = /\/static\/[0-9a-f]+\/|\/collect\/(?:definitions|codelists)\/[^"'\s<\\]+/g;
const pathOf = (/** @type {{url: string}} */ { url }) => url.slice(location.origin.length);
const releaseOf = (/** @type {string} */ path) => (/^\/static\/[0-9a-f]+\//.exec(path) || [''])[0];

/**
 * Let go of what nothing needs any more. Kept are this release, the newest page there is of each form (of an earlier
 * release until the new one is here: a draft must open without a network), pages that are open, and all that those are
 * made of.
 * @param {number} mine how many open pages are known to be of this release
 */
async function prune(mine) {
  const cache = await caches.open(CACHE);
  const there = (await cache.keys()).map(pathOf); // in the order in which they came
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.map((/** @type {any} */ one) => pathOf(one).replace(/#.*/, ''));
  const newest = new Map(there.filter((path) => FORM.test(path)).map((path) => [(FORM.exec(path) || '')[1], path]));
  const needed = new Set([...SERVER.precache, ...newest.values(), ...open]);
  if (windows.length > mine)
    there
      .filter((path) => releaseOf(path) && releaseOf(path) !== releaseOf(SERVER.precache.find(releaseOf) || ''))
      .slice(-1)
      .forEach((path) => needed.add(releaseOf(path)));
  for (const path of needed) {
    // a set is walked with what is added meanwhile: pages name definitions, those name lists
    const kept = /^\/collect\/(blank|definitions)\//.test(path) && (await cache.match(path, { ignoreVary: true }));
    for (const name of kept ? (await kept.text()).match(NAMED) || [] : []) needed.add(name.replace(/&amp;/g, '&'));
  }
  await Promise.all(
    there
      .filter((path) => !needed.has(path) && !needed.has(releaseOf(path)))
      .map((path) => cache.delete(path, { ignoreVary: true })),
  );
}

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (KEPT.test(url.pathname)) {
    event.respondWith(fromCache(request));
    return;
  }
  if (request.mode !== 'navigate') return;
  if (url.searchParams.has('fresh')) {
    event.respondWith(fresh(request));
    return;
  }
  const shell = SERVER.shells.find(([pattern]) => new RegExp(pattern).test(url.pathname));
  if (shell) event.respondWith(shellOf(shell[1], request));
});

/** From the cache, else from the network and then kept. @param {Request} request */
async function fromCache(request) {
  const cache = await caches.open(CACHE);
  const there = await cache.match(request.url, { ignoreVary: true });
  if (there) return there;
  const form = (FORM.exec(new URL(request.url).pathname) || '')[1];
  const response = await fetch(request).catch(async (/** @type {any} */ problem) => {
    const older =
      form &&
      (await cache.keys())
        .map(pathOf)
        .filter((path) => path.startsWith(`/collect/blank/${form}/`))
        .pop();
    // the new release is told of, but not here yet
    const page = older && (await cache.match(older, { ignoreVary: true }));
    if (page) return page;
    throw problem;
  });
  const forever = /immutable/.test(response.headers.get('Cache-Control') || '');
  if (response.ok && forever && !response.redirected && response.url === request.url.replace(/#.*/, ''))
    await cache.put(request.url, response.clone()).catch(() => undefined); // no room: it is only slower
  return response;
}

/**
 * From the server, because this phone does not know who is signed in; without a network the PIN tells.
 * @param {Request} request
 */
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
    // stay awake while the camera is in front
    event.waitUntil(new Promise((done) => setTimeout(done, Math.max(0, Math.min(until - Date.now(), MOST_HELD_MS)))));
  } else if (type === 'ask') {
    event.ports[0].postMessage(worker.held(account));
  } else if (type === 'prune') {
    event.waitUntil(prune(1).then(() => event.ports[0] && event.ports[0].postMessage('done')));
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
