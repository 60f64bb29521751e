// What every page of the phone does beside its own work: keeps the service worker, locks when idle, sends what waits,
// and says that it is there (`live`: buttons that need it show only then, so that no press is lost).

import * as store from './store.js';
import * as vault from './vault.js';

const LOOK_MS = 60_000;
let timer = 0;

/** Send what is due, and come back when the next is. */
async function send() {
  clearTimeout(timer);
  if (!store.account || !navigator.onLine || !(await vault.isOpen(store.account))) return;
  if (!(await store.keys('outbox')).length && !(await store.keys('uploads')).length) return;
  const { nextAt, sendDue } = await import('./outbox.js');
  const first = await nextAt();
  if (first === null) return;
  if (first <= Date.now()) {
    await sendDue(); // which tells all pages
  }
  const next = await nextAt();
  if (next !== null) timer = setTimeout(send, Math.max(1_000, Math.min(LOOK_MS, next - Date.now())));
}

/** With Background Sync the worker sends by itself, and is a module for it; elsewhere it keeps pages and the key. */
async function keepWorker() {
  const { serviceWorker } = navigator;
  if ('SyncManager' in window) {
    try {
      await serviceWorker.register('/sw-sync.js', { type: 'module' });
      return;
    } catch {
      /* no modules there: an older browser */
    }
  }
  // a private window has none: see the check before going out
  await serviceWorker.register('/sw.js').catch(() => undefined);
}

/** Something was put in the outbox, or the network is back. */
export async function hurry() {
  const worker = navigator.serviceWorker && (await navigator.serviceWorker.getRegistration());
  const sync = worker && /** @type {any} */ (worker).sync;
  if (sync) sync.register(`send ${store.account}`).catch(() => undefined); // also when this page is closed
  await send();
}

document.documentElement.classList.add('live');
if ('BroadcastChannel' in window)
  new BroadcastChannel('census:sent').addEventListener('message', ({ data }) => {
    if (data === store.account) dispatchEvent(new Event('census:sent'));
  });
addEventListener('census:waiting', hurry);
addEventListener('online', async () => {
  await (await import('./outbox.js')).hurry();
  await hurry();
});
if (store.account) vault.watchIdle(store.account);
if (navigator.serviceWorker) {
  navigator.serviceWorker.addEventListener('message', (event) => {
    if (event.data === 'send') send();
  });
  addEventListener('load', keepWorker);
}
if (document.readyState === 'complete') send();
else addEventListener('load', () => setTimeout(send, 500));
