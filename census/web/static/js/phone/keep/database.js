// IndexedDB with promises: opened once, opened again when the browser closed it, one transaction per call.

/** The phone has no room left; nothing that was there before is lost. */
export class Full extends Error {
  constructor() {
    super('手机存储空间满了，刚才的改动还没有存上。请不要关闭这一页：先删掉一些照片、视频或别的应用，再点“再存一次”。');
    this.name = 'Full';
  }
}

export class Opened {
  /**
   * @param {string} name
   * @param {number} version
   * @param {Record<string, string|string[]>} stores store name -> key path
   */
  constructor(name, version, stores) {
    this.name = name;
    this.version = version;
    this.stores = stores;
    /** @type {Promise<IDBDatabase>|null} */
    this.opening = null;
    /** @type {IDBDatabase|null} */
    this.database = null;
  }

  /** @returns {Promise<IDBDatabase>} */
  open() {
    if (!this.opening)
      this.opening = new Promise((resolve, reject) => {
        const request = indexedDB.open(this.name, this.version);
        request.onupgradeneeded = () => {
          const there = request.result.objectStoreNames;
          for (const [name, keyPath] of Object.entries(this.stores))
            if (!there.contains(name)) request.result.createObjectStore(name, { keyPath });
        };
        request.onsuccess = () => {
          this.database = request.result;
          this.database.onclose = () => this.forget();
          this.database.onversionchange = () => {
            request.result.close();
            this.forget();
          };
          resolve(request.result);
        };
        request.onerror = () => {
          this.opening = null;
          reject(told(request.error));
        };
      });
    return this.opening;
  }

  forget() {
    this.database = null;
    this.opening = null;
  }

  /**
   * One transaction; resolves with what `act`'s request found, after the commit.
   * @template T
   * @param {string|string[]} names
   * @param {IDBTransactionMode} mode
   * @param {(tx: IDBTransaction) => IDBRequest<T>|void} act
   * @returns {Promise<T>}
   */
  async run(names, mode, act) {
    // a page that is being left has no time to wait: its write starts at once
    const database = this.database || (await this.open());
    try {
      return await once(database, names, mode, act);
    } catch (problem) {
      if (/** @type {any} */ (problem).name !== 'InvalidStateError') throw told(problem);
      this.forget(); // the browser closed the database under us: cleared site data, or short of memory
      return once(await this.open(), names, mode, act).catch((/** @type {any} */ again) => {
        throw told(again);
      });
    }
  }
}

/** What an account keeps: store name -> key path. @type {Record<string, string|string[]>} */
export const STORES = {
  drafts: ['unit', 'form'],
  visits: 'unit',
  units: 'id',
  receipts: 'number',
  session: 'name',
  outbox: 'id',
  files: 'sha256',
  uploads: 'sha256',
  vault: 'name',
};
const VERSION = 2;
/** @type {Map<string, Opened>} */
const accounts = new Map();

/** The database of one account, programme and user name. @param {string} account @returns {Opened} */
export function databaseOf(account) {
  const there = accounts.get(account) || new Opened(`census ${account}`, VERSION, STORES);
  accounts.set(account, there);
  return there;
}

/**
 * @param {IDBDatabase} database
 * @param {string|string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(tx: IDBTransaction) => IDBRequest<any>|void} act
 * @returns {Promise<any>}
 */
function once(database, names, mode, act) {
  return new Promise((resolve, reject) => {
    const tx = database.transaction(names, mode);
    tx.oncomplete = () => resolve(request ? request.result : undefined);
    tx.onerror = () => reject(tx.error);
    tx.onabort = () => reject(tx.error || new DOMException('aborted', 'AbortError'));
    const request = act(tx);
    if (mode === 'readwrite' && tx.commit) tx.commit();
  });
}

/** @param {any} problem */
const told = (problem) => (problem && problem.name === 'QuotaExceededError' ? new Full() : problem);
