// Long code lists: fetched once, their names said under the box, their entries suggested. Loads on first use.

import { Refused, page as getJson } from '../keep/api.js';
import { attach } from './combobox.js';
import { read } from './fields.js';

/**
 * @typedef {[string, string, string, string?, number?]} Entry code, name, pinyin initials; the code above it and 0 for
 *   a heading where a list has levels
 */

/** @type {Map<string, Promise<Entry[]|null>>} */
const fetched = new Map();

/**
 * @param {any} page the form's controller
 * @param {string} name
 * @param {string} offer
 * @returns {Promise<Entry[]|null>} null while it cannot be had
 */
function entriesOf(page, name, offer) {
  const address = page.definition.lists[offer ? `${name}:${offer}` : name];
  if (!address) return Promise.resolve(null);
  let entries = fetched.get(address);
  if (!entries) {
    entries = getJson(address).catch((refused) => {
      if (!(refused instanceof Refused)) throw refused;
      fetched.delete(address);
      return null;
    });
    fetched.set(address, entries);
  }
  return entries;
}

/**
 * Fetch a list; the first time its checks can be asked, too.
 * @param {any} page
 * @param {string} name
 * @param {string} offer
 */
async function list(page, name, offer) {
  const [entries, whole] = await Promise.all([entriesOf(page, name, offer), entriesOf(page, name, '')]);
  if (whole && !page.lists.has(name)) {
    page.lists.set(name, new Set(whole.filter(([, , , , selectable]) => selectable !== 0).map(([code]) => code)));
    page.checks.all();
    page.draw();
  }
  return entries || whole;
}

/**
 * Say under the box what a code is called.
 * @param {any} page
 * @param {HTMLElement} block
 * @param {HTMLInputElement} input
 * @param {any} code
 */
export async function nameCode(page, block, input, code) {
  const entries = await list(page, input.dataset.codelist || '', '');
  const entry = entries && entries.find(([each]) => each === code);
  const place = block.querySelector('.read');
  if (!place || input.value !== code) return;
  const help = place.parentElement && place.parentElement.firstChild === place ? '' : '　';
  place.textContent = entry ? `${help}✓ ${entry[1]}` : '';
}

/** Suggest while somebody types. @param {any} page @param {HTMLElement} block @param {HTMLInputElement} input */
export async function offer(page, block, input) {
  const { codelist: name = '', offer: wanted = '' } = input.dataset;
  const entries = await list(page, name, wanted);
  if (!entries) return;
  const chosen = () => {
    const found = page.blockOf(input);
    if (!found) return;
    page.change(block, found[1], read(block));
    page.touch(found[1]);
    nameCode(page, block, input, input.value);
  };
  attach(input, entries, chosen, `recent ${name}`);
  input.addEventListener('change', () => nameCode(page, block, input, input.value));
}
