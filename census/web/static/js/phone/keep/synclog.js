// The last 200 things that happened while sending, for whoever helps on the telephone.

import * as store from './store.js';

const MOST = 200;

/** @param {string} sign @param {string} words */
export async function note(sign, words) {
  const kept = (await store.get('session', 'log')) || { name: 'log', lines: [] };
  await store.put('session', {
    name: 'log',
    lines: [{ at: new Date().toISOString(), sign, words }, ...kept.lines].slice(0, MOST),
  });
}

/** @returns {Promise<{at: string, sign: string, words: string}[]>} newest first */
export const lines = async () => ((await store.get('session', 'log')) || { lines: [] }).lines;
