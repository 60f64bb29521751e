// What the phone keeps: drafts, visits, what the server knows of a unit, receipts and the session. IndexedDB only:
// localStorage is too small and blocks. Every write resolves when it is on disk.
//
// Phones are shared: each account has a database of its own, so that nobody sees or sends what another typed, and all of
// it is there again when its owner signs in. Pages with data name their account; the blank form pages, the same bytes for
// everybody, belong to whoever signed in last.

const signedIn = document.querySelector('meta[name="account"]')?.getAttribute('content');
if (signedIn) localStorage.setItem('account', signedIn);
/** Programme and user name whose database this page works in; empty before anybody signed in on this phone. */
export const account = signedIn || localStorage.getItem('account') || '';

const VERSION = 1;
/** Store name -> key path. @type {Record<string, string|string[]>} */
const STORES = { drafts: ['unit', 'form'], visits: 'unit', units: 'id', receipts: 'number', session: 'name' };

/** @type {Promise<IDBDatabase>|null} */
let opening = null;
/** @type {IDBDatabase|null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  if (!opening) opening = new Promise((resolve, reject) => {
    const request = indexedDB.open(`census ${account}`, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => { opened = request.result; resolve(opened); };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/**
 * One transaction; resolves with what `act`'s request found, after the commit.
 * @template T
 * @param {string|string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(tx: IDBTransaction) => IDBRequest<T>|void} act
 * @returns {Promise<T>}
 */
async function run(names, mode, act) {
  const database = opened || await open(); // a page that is being left has no time to wait: its write starts at once
  return new Promise((resolve, reject) => {
    const tx = database.transaction(names, mode);
    const request = act(tx);
    if (mode === 'readwrite' && tx.commit) tx.commit();
    tx.oncomplete = () => resolve(request ? request.result : /** @type {any} */ (undefined));
    tx.onerror = () => reject(tx.error);
    tx.onabort = () => reject(tx.error);
  });
}

/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
export const get = (store, key) => run(store, 'readonly', (tx) => tx.objectStore(store).get(key));

/** @param {string} store @returns {Promise<any[]>} */
export const all = (store) => run(store, 'readonly', (tx) => tx.objectStore(store).getAll());

/** @param {string} store @param {object} value */
export const put = (store, value) => run(store, 'readwrite', (tx) => { tx.objectStore(store).put(value); });

/** @param {string} store @param {IDBValidKey} key */
export const remove = (store, key) => run(store, 'readwrite', (tx) => { tx.objectStore(store).delete(key); });

/** Drafts of one unit. @param {string} unit @returns {Promise<any[]>} */
export const draftsOf = (unit) => run('drafts', 'readonly', (tx) => tx.objectStore('drafts').getAll(IDBKeyRange.bound([unit], [unit, []])));

/** Store receipts and the drafts they acknowledge at once: there is no moment in which one is there without the other. */
export const keepReceipts = (/** @type {object[]} */ receipts, /** @type {object[]} */ drafts) => run(['receipts', 'drafts'], 'readwrite', (tx) => {
  receipts.forEach((receipt) => tx.objectStore('receipts').put(receipt));
  drafts.forEach((draft) => tx.objectStore('drafts').put(draft));
});

// A page that the browser kept in memory may come back after somebody else signed in.
addEventListener('pageshow', (event) => { if (event.persisted && localStorage.getItem('account') !== account) location.replace('/collect/'); });

/** Ask the browser not to clear this storage when space runs short. */
export async function persist() {
  return Boolean(navigator.storage && navigator.storage.persist && await navigator.storage.persist());
}
