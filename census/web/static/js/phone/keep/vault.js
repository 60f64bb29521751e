// The key that everything on this phone is sealed with: AES-GCM, never extractable. Without a PIN the browser keeps it;
// with a PIN only wrapped copies lie on the phone, one for the PIN, one for the recovery key that the server hands out
// after a sign-in, and the open key lives in memory: in this page, and between two pages in the service worker, until
// it was idle.

import { Opened, databaseOf } from './database.js';

const ROUNDS = 600_000;
const IDLE_MS = 15 * 60_000;
const FREE_TRIES = 3;
const FIRST_DELAY_MS = 30_000;
const LAST_TRY = 10;
const inPage = typeof document !== 'undefined';

/**
 * @typedef {object} Record
 * @property {'vault'} name
 * @property {CryptoKey} [key]
 * @property {Wrapped & {salt: Uint8Array<ArrayBuffer>, rounds: number}} [pin]
 * @property {Wrapped} [recovery]
 * @property {number} tries
 * @property {number} blocked_until
 */
/** @typedef {{iv: Uint8Array<ArrayBuffer>, wrapped: ArrayBuffer}} Wrapped */

const device = new Opened('census device', 1, { things: 'name' });
/** @type {Map<string, CryptoKey>} */
const open = new Map();
/** @type {Map<string, Promise<CryptoKey>>} */
const opening = new Map();

export class Locked extends Error {}

/** @param {string} account @returns {Promise<Record|undefined>} */
export const record = (account) =>
  databaseOf(account).run('vault', 'readonly', (tx) => tx.objectStore('vault').get('vault'));
/** @param {string} account @param {Record} value */
const keep = (account, value) =>
  databaseOf(account).run('vault', 'readwrite', (tx) => {
    tx.objectStore('vault').put(value);
  });

/** A small thing of this phone that is nobody's secret. @param {string} name @returns {Promise<any>} */
export const thing = async (name) =>
  ((await device.run('things', 'readonly', (tx) => tx.objectStore('things').get(name))) || {}).value;
/** @param {string} name @param {any} value */
export const keepThing = (name, value) =>
  device.run('things', 'readwrite', (tx) => {
    tx.objectStore('things').put({ name, value });
  });

/** Accounts whose data lies on this phone. @returns {Promise<string[]>} */
export const accounts = async () => (await thing('accounts')) || [];

/**
 * @param {string} account
 * @param {string} place
 * @param {BufferSource} bytes
 * @param {CryptoKey} [under]
 * @returns {Promise<{iv: Uint8Array<ArrayBuffer>, box: ArrayBuffer}>}
 */
export async function seal(account, place, bytes, under) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return {
    iv,
    box: await crypto.subtle.encrypt(algorithm(iv, place), under || open.get(account) || (await key(account)), bytes),
  };
}

/**
 * @param {string} account
 * @param {string} place
 * @param {{iv: Uint8Array<ArrayBuffer>, box: ArrayBuffer}} sealed
 * @returns {Promise<ArrayBuffer>}
 */
export async function unseal(account, place, sealed) {
  return crypto.subtle.decrypt(algorithm(sealed.iv, place), open.get(account) || (await key(account)), sealed.box);
}

/**
 * The place belongs to what is sealed: a box cannot be moved to another.
 * @param {Uint8Array<ArrayBuffer>} iv
 * @param {string} place
 */
const algorithm = (iv, place) => ({ name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(place) });

/**
 * The open key of an account; a page without it is led to where the PIN is asked.
 * @param {string} account
 * @returns {Promise<CryptoKey>}
 */
export function key(account) {
  const under = opening.get(account);
  if (under) return under;
  const found = find(account).finally(() => opening.delete(account));
  opening.set(account, found);
  return found;
}

/** @param {string} account */
async function find(account) {
  const known = open.get(account);
  if (known) return known;
  const there = (await record(account)) || (await begin(account));
  const found = there.key || (await fromWorker(account));
  if (found) {
    if (inPage) open.set(account, found);
    return found;
  } // the worker's own memory of it ends when it is locked
  if (!inPage) throw new Locked('locked');
  return askPin();
}

/** Lead to the PIN and back here. @returns {Promise<never>} */
function askPin() {
  if (!location.pathname.startsWith('/collect/unlock'))
    location.replace(`/collect/unlock#${encodeURIComponent(location.pathname + location.search + location.hash)}`);
  return new Promise(() => undefined);
}

/** @param {string} account @returns {Promise<Record>} */
async function begin(account) {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await keepThing('accounts', [...new Set([...(await accounts()), account])]);
  return databaseOf(account).run('vault', 'readwrite', (tx) => {
    // two pages may begin at once: the first stays
    const vaults = tx.objectStore('vault');
    vaults.add({ name: 'vault', key, tries: 0, blocked_until: 0 }).onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    return vaults.get('vault');
  });
}

// --- PIN -------------------------------------------------------------------------------------------------------------

/** @param {string} pin @param {Uint8Array<ArrayBuffer>} salt @param {number} rounds @returns {Promise<CryptoKey>} */
async function fromPin(pin, salt, rounds) {
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['wrapKey', 'unwrapKey'],
  );
}

/** @param {string} text base64 of 32 bytes @returns {Promise<CryptoKey>} */
function fromServer(text) {
  return crypto.subtle.importKey(
    'raw',
    Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
    'AES-GCM',
    false,
    ['wrapKey', 'unwrapKey'],
  );
}

/** @param {CryptoKey} made @param {CryptoKey} under @returns {Promise<Wrapped>} */
async function wrap(made, under) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, wrapped: await crypto.subtle.wrapKey('raw', made, under, { name: 'AES-GCM', iv }) };
}

/** @param {Wrapped} kept @param {CryptoKey} under @param {boolean} [extractable] @returns {Promise<CryptoKey>} */
const unwrap = (kept, under, extractable = false) =>
  crypto.subtle.unwrapKey('raw', kept.wrapped, under, { name: 'AES-GCM', iv: kept.iv }, 'AES-GCM', extractable, [
    'encrypt',
    'decrypt',
  ]);

/**
 * A new key under a new PIN; `sealAnew` puts everything under it in one transaction with its record.
 * @param {string} account @param {string} pin @param {string} recovery from the server
 * @param {(under: CryptoKey, record: any) => Promise<void>} sealAnew
 */
export async function setPin(account, pin, recovery, sealAnew) {
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const pinned = { ...(await wrap(made, await fromPin(pin, salt, ROUNDS))), salt, rounds: ROUNDS };
  const recovered = await wrap(made, await fromServer(recovery));
  const usable = await unwrap(recovered, await fromServer(recovery));
  await sealAnew(usable, { name: 'vault', pin: pinned, recovery: recovered, tries: 0, blocked_until: 0 });
  open.set(account, usable);
  await hold(account);
}

/** Try a PIN. @param {string} account @param {string} pin @returns {Promise<string>} '' or what to say */
export async function tryPin(account, pin) {
  const there = await record(account);
  if (!there || !there.pin) return '这部手机上没有这个账号的开锁密码。请联网登录。';
  if (there.tries >= LAST_TRY)
    return '错的次数太多，开锁密码已停用。请联网用账号密码登录，再设新的；手机里的数据还在。';
  const wait = there.blocked_until - Date.now();
  // a clock put back is no way around: see tries
  if (wait > 0 && wait <= delay(there.tries)) return `请等 ${Math.ceil(wait / 1000)} 秒再试。`;
  const tries = there.tries + 1;
  await keep(account, { ...there, tries, blocked_until: Date.now() + delay(tries) }); // counted before it is tried
  try {
    open.set(account, await unwrap(there.pin, await fromPin(pin, there.pin.salt, there.pin.rounds)));
  } catch {
    const left = LAST_TRY - tries;
    if (left <= 0) return '错的次数太多，开锁密码已停用。请联网用账号密码登录，再设新的；手机里的数据还在。';
    const pause = delay(tries) ? `请等 ${delay(tries) / 1000} 秒再试。` : '';
    return `密码不对，还可以试 ${left} 次。${pause}`;
  }
  await keep(account, { ...there, tries: 0, blocked_until: 0 });
  await hold(account);
  return '';
}

/** @param {number} tries */
const delay = (tries) => (tries < FREE_TRIES ? 0 : FIRST_DELAY_MS * 2 ** Math.min(tries - FREE_TRIES, 6));

/** Open with what the server hands out after a sign-in. @param {string} account @param {string} recovery */
export async function recover(account, recovery) {
  const there = await record(account);
  if (!there || !there.recovery) throw new Locked('no recovery');
  open.set(account, await unwrap(there.recovery, await fromServer(recovery)));
  await keep(account, { ...there, tries: 0, blocked_until: 0 });
  await hold(account);
}

/** @param {string} account */
export const hasPin = async (account) => Boolean(((await record(account)) || {}).pin);
/** @param {string} account */
export const isOpen = async (account) =>
  Boolean(open.get(account) || ((await record(account)) || {}).key || (await fromWorker(account)));

// --- between pages ---------------------------------------------------------------------------------------------------

/** @returns {ServiceWorker|null} */
const worker = () => (inPage && navigator.serviceWorker && navigator.serviceWorker.controller) || null;

/** Give the key to the service worker for the next page. @param {string} account */
export async function hold(account) {
  const place = worker();
  if (place && (await hasPin(account)))
    place.postMessage({ type: 'hold', account, key: open.get(account), until: Date.now() + IDLE_MS });
}

/** @param {string} account @returns {Promise<CryptoKey|null>} */
function fromWorker(account) {
  const place = worker();
  if (!place) return Promise.resolve(inPage ? null : /** @type {any} */ (self).held(account));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data);
    setTimeout(() => resolve(null), 3000);
    place.postMessage({ type: 'ask', account }, [port2]);
  });
}

/** Forget the open key, here and in the service worker. @param {string} account */
export async function lock(account) {
  if (!(await hasPin(account))) return false;
  open.delete(account);
  const place = worker();
  if (place) place.postMessage({ type: 'lock', account });
  return true;
}

/** @param {string} account */
export async function forget(account) {
  open.delete(account);
  const place = worker();
  if (place) place.postMessage({ type: 'lock', account });
  await keepThing(
    'accounts',
    (await accounts()).filter((/** @type {string} */ one) => one !== account),
  );
}

/**
 * Lock after idle time; while somebody works, the service worker keeps the key for the next page.
 * @param {string} account
 */
export function watchIdle(account) {
  let touched = Date.now();
  for (const sign of ['pointerdown', 'keydown', 'scroll'])
    addEventListener(
      sign,
      () => {
        touched = Date.now();
      },
      { passive: true, capture: true },
    );
  const look = async () => {
    if (Date.now() - touched < IDLE_MS || !(await hasPin(account))) return;
    await lock(account);
    await askPin();
  };
  setInterval(look, 20_000);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hold(account);
    else look();
  });
  addEventListener('pagehide', () => {
    const place = worker();
    if (place && open.get(account))
      place.postMessage({ type: 'hold', account, key: open.get(account), until: touched + IDLE_MS });
  });
}
