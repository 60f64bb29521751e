// What the phone keeps: drafts, visits, what the server knows of a unit, what waits to be sent, photos, receipts and
// the session. IndexedDB only: localStorage is too small and blocks. Everything but the keys is sealed (vault.js);
// every write resolves when it is on disk.
//
// Phones are shared: each account has a database of its own, so that nobody sees or sends what another typed, and all
// of it is there again when its owner signs in. Pages with data name their account; those without data belong to
// whoever signed in last.

import { STORES, databaseOf } from './database.js';
import * as vault from './vault.js';

export { Full } from './database.js';

const inPage = typeof document !== 'undefined';
const signedIn = inPage ? document.querySelector('meta[name="account"]')?.getAttribute('content') : '';
if (signedIn) localStorage.setItem('account', signedIn);
/** Programme and user name whose database this page works in; empty before anybody signed in on this phone. */
export let account = signedIn || (inPage && localStorage.getItem('account')) || '';
let database = databaseOf(account);

/** Work in another account's database: the service worker learns from a page whose it is. @param {string} name */
export function use(name) {
  if (name === account) return;
  account = name;
  database = databaseOf(account);
}

const SLICE = 25; // rows written before whoever is typing gets a turn
let isLeaving = false;
if (inPage) {
  addEventListener('pagehide', () => {
    isLeaving = true;
  });
  addEventListener('pageshow', () => {
    isLeaving = false;
  });
}

/**
 * A value as JSON in bytes. Long groups of rows go slice by slice, so that a key pressed meanwhile is not held up; what
 * changes between two slices is saved again by whoever changed it.
 * @param {any} value
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function bytesOf(value) {
  const { answers, ...around } = value;
  const isLong = (/** @type {any} */ rows) => Array.isArray(rows) && rows.length > SLICE;
  const long = Object.entries(answers || {}).filter(([, rows]) => isLong(rows));
  const coder = new TextEncoder();
  if (!long.length) return coder.encode(JSON.stringify(value));
  const parts = [coder.encode('{"answers":{')];
  for (const [group, rows] of long) {
    for (let from = 0; from < rows.length; from += SLICE) {
      const comma = from || group !== long[0][0] ? ',' : '';
      const before = from ? comma : `${comma}${JSON.stringify(group)}:[`;
      parts.push(coder.encode(before + JSON.stringify(rows.slice(from, from + SLICE)).slice(1, -1)));
      if (!isLeaving) await turn();
    }
    parts.push(coder.encode(']'));
  }
  const short = JSON.stringify(Object.fromEntries(Object.entries(answers).filter(([, rows]) => !isLong(rows)))).slice(
    1,
  );
  parts.push(coder.encode(`${short === '}' ? '' : ','}${short},${JSON.stringify(around).slice(1)}`));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Let everything else that is due happen first. @returns {Promise<void>} */
const turn = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** @param {string} store @param {any} value @param {CryptoKey} [under] */
async function seal(store, value, under) {
  const path = STORES[store];
  const names = typeof path === 'string' ? [path] : path;
  const { bytes, ...rest } = value;
  const shown = Object.fromEntries(names.map((name) => [name, value[name]]));
  const place = `${store} ${JSON.stringify(shown)}`;
  const box = await vault.seal(account, place, await bytesOf(rest), under);
  if (!bytes) return { ...shown, ...box };
  return { ...shown, ...box, bytes: await vault.seal(account, `${place} bytes`, bytes, under) };
}

/** @param {string} store @param {any} kept @returns {Promise<any>} */
async function unseal(store, kept) {
  if (!kept || !kept.box) return kept; // nothing, or written before sealing began
  const path = STORES[store];
  const names = typeof path === 'string' ? [path] : path;
  const place = `${store} ${JSON.stringify(Object.fromEntries(names.map((name) => [name, kept[name]])))}`;
  const value = JSON.parse(new TextDecoder().decode(await vault.unseal(account, place, kept)));
  return kept.bytes ? { ...value, bytes: await vault.unseal(account, `${place} bytes`, kept.bytes) } : value;
}

/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
export const get = async (store, key) =>
  unseal(store, await database.run(store, 'readonly', (tx) => tx.objectStore(store).get(key)));

/** @param {string} store @returns {Promise<any[]>} */
export const all = async (store) =>
  Promise.all(
    (await database.run(store, 'readonly', (tx) => tx.objectStore(store).getAll())).map((/** @type {any} */ one) =>
      unseal(store, one),
    ),
  );

/** @param {string} store @returns {Promise<IDBValidKey[]>} */
export const keys = (store) => database.run(store, 'readonly', (tx) => tx.objectStore(store).getAllKeys());

/** Drafts of one unit. @param {string} unit @returns {Promise<any[]>} */
export const draftsOf = async (unit) =>
  Promise.all(
    (
      await database.run('drafts', 'readonly', (tx) =>
        tx.objectStore('drafts').getAll(IDBKeyRange.bound([unit], [unit, []])),
      )
    ).map((/** @type {any} */ one) => unseal('drafts', one)),
  );

/** @typedef {{store: string, put?: any, remove?: IDBValidKey}} Change */

/**
 * Several changes in one transaction: there is no moment in which one is there without the others.
 * @param {Change[]} changes
 */
export async function commit(changes) {
  const ready = await Promise.all(
    changes.map(async (one) => (one.put === undefined ? one : { ...one, put: await seal(one.store, one.put) })),
  );
  if (!ready.length) return;
  await database.run([...new Set(ready.map((one) => one.store))], 'readwrite', (tx) => {
    for (const one of ready) {
      if (one.put === undefined) tx.objectStore(one.store).delete(/** @type {IDBValidKey} */ (one.remove));
      else tx.objectStore(one.store).put(one.put);
    }
  });
}

/** @param {string} store @param {object} value */
export const put = (store, value) => commit([{ store, put: value }]);

/** @param {string} store @param {IDBValidKey} key */
export const remove = (store, key) => commit([{ store, remove: key }]);

/**
 * Seal everything anew with another key, in one transaction with the record of that key.
 * @param {CryptoKey} under
 * @param {any} vaultRecord
 */
export async function sealAnew(under, vaultRecord) {
  const names = Object.keys(STORES).filter((store) => store !== 'vault');
  const found = await Promise.all(
    names.map(async (store) =>
      Promise.all((await all(store)).map(async (value) => ({ store, put: await seal(store, value, under) }))),
    ),
  );
  await database.run(Object.keys(STORES), 'readwrite', (tx) => {
    for (const one of found.flat()) tx.objectStore(one.store).put(one.put);
    tx.objectStore('vault').put(vaultRecord);
  });
}

/** Nothing of this account stays on this phone. */
export async function wipe() {
  (await database.open()).close();
  database.forget();
  database.run = () => new Promise(() => undefined); // what a page still wants to read or write would make it anew
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`census ${account}`);
    request.onsuccess = resolve;
    request.onerror = () => reject(request.error);
    request.onblocked = resolve; // goes when the other page lets go
  });
  await vault.forget(account);
  if (inPage) localStorage.removeItem('account');
}

// A page that the browser kept in memory may come back after somebody else signed in.
if (inPage)
  addEventListener('pageshow', (event) => {
    if (event.persisted && localStorage.getItem('account') !== account) location.replace('/collect/');
  });

const ANSWERED_WITHIN_MS = 4_000;

/**
 * Ask the browser not to clear this storage when space runs short. Firefox asks the person, who may let it wait.
 * @returns {Promise<boolean>}
 */
export async function persist() {
  if (!navigator.storage || !navigator.storage.persist) return false;
  if (await navigator.storage.persisted()) return true;
  return Promise.race([
    navigator.storage.persist(),
    new Promise((resolve) => setTimeout(() => resolve(false), ANSWERED_WITHIN_MS)),
  ]);
}
