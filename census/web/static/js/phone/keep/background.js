// Background Sync: what the service worker does when the browser wakes it because the network is back.

import { nextAt, sendDue } from './outbox.js';
import * as store from './store.js';

/** @type {any} */
const background = self;

background.addEventListener('sync', (/** @type {any} */ event) => {
  const [, account] = /^send (.+)$/.exec(event.tag) || [];
  if (account) event.waitUntil(sendFor(account));
});

/** Let an open page send; without one send here, if the key is still in memory. @param {string} account */
async function sendFor(account) {
  const pages = await background.clients.matchAll({ type: 'window' });
  if (pages.length) {
    pages.forEach((/** @type {any} */ page) => page.postMessage('send'));
    return;
  }
  store.use(account);
  await sendDue();
  if ((await nextAt()) !== null) throw new Error('not all was sent'); // the browser tries again later
}
