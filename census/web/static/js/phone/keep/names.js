// The names of the register around this enumerator, for looking whether a find is in it already.

import { api, json } from './api.js';
import * as store from './store.js';

/**
 * @typedef {[string, string, string, string, string, number|null, number|null]} Name id, name, address, pinyin
 *   initials, last of the credit code, lon, lat
 */

/** As the phone has them. @returns {Promise<Name[]>} */
export const keptNames = async () => ((await store.get('session', 'names')) || { names: [] }).names;

/** Fetch them when they changed. @returns {Promise<Name[]>} */
export async function fetchNames() {
  const kept = await store.get('session', 'names');
  const answer = await api(`/collect/phone/names?kept=${encodeURIComponent(kept ? kept.version : '')}`);
  const told = await json(answer);
  if (!told.names) return kept.names;
  await store.put('session', { name: 'names', names: told.names, version: told.version });
  return told.names;
}
