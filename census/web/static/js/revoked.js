// This phone was signed off by the office: nothing of this account stays on it.

import * as store from './store.js';

/** @returns {Promise<never>} */
export async function wipe() {
  await store.wipe();
  if (typeof document !== 'undefined') location.replace('/sign-in');
  return new Promise(() => undefined);
}
