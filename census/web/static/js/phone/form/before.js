// What is said of earlier answers under a block: why it came back, and what was answered before, to take over by a tap.

import { valueAt } from '../../shared/answers.js';
import { reader } from './fields.js';

/** @param {string} id @returns {any} */
const template = (id) => /** @type {HTMLTemplateElement} */ (document.getElementById(id)).content;

const ABOVE = '上一行';
const MADE_ANEW = ['photo', 'signature'];

/** Why an item came back. @param {any} page the form's controller @param {HTMLElement} block @param {string} path */
export function drawReturned(page, block, path) {
  const { submission } = page.known;
  const items = (submission && submission.state === 'returned' && submission.items) || [];
  if (!items.length) return;
  block.querySelectorAll('.returned').forEach((one) => one.remove());
  const said = items.find((/** @type {any} */ one) => one.path === path);
  block.classList.toggle('came', Boolean(said));
  if (!said) return;
  const note = template('returned-template').cloneNode(true);
  note.querySelector('.words').textContent = said.text || '请核对';
  block.insertBefore(note, block.children[1]);
}

/**
 * What was answered before: in the row above, by the register, when the form was sent.
 * @param {any} page
 * @param {string} path
 * @returns {{word: string, value: any}}
 */
export function last(page, path) {
  const [group, row, key] = path.slice(1).split('/');
  if (key !== undefined) {
    const above = Number(row) - 1;
    return { word: ABOVE, value: above < 0 ? undefined : valueAt(page.draft.answers, `/${group}/${above}/${key}`) };
  }
  const known = page.info.baseline[group];
  if (known !== undefined && known !== null) return { word: '名录', value: known };
  const { submission } = page.known;
  return { word: '上次填', value: submission ? valueAt(submission.answers, path) : undefined };
}

/** @param {HTMLElement} block @param {any} now @param {{word: string, value: any}} before */
function isOffered(block, now, { word, value }) {
  if (value === undefined || value === null) return false;
  if (MADE_ANEW.includes(block.dataset.kind || '')) return false;
  if (block.querySelector('[data-computed]')) return false; // the program works it out
  if (word === ABOVE) return now === undefined; // rows differ; offered only where nothing stands yet
  return JSON.stringify(now) !== JSON.stringify(value);
}

/**
 * Offer with one tap what was answered before, where it differs; in a row only what is blank.
 * @param {any} page
 * @param {HTMLElement} block
 * @param {string} path
 */
export function drawSame(page, block, path) {
  const before = last(page, path);
  let button = block.querySelector('.same');
  if (!isOffered(block, valueAt(page.draft.answers, path), before)) {
    if (button) button.remove();
    return;
  }
  if (!button) {
    button = /** @type {Element} */ (template('same-template').firstElementChild.cloneNode(true));
    block.insertBefore(button, block.querySelector('.said'));
  }
  const words = `${before.word}：${reader(block)(before.value)}`;
  const place = /** @type {Element} */ (button.firstElementChild);
  if (place.textContent !== words) place.textContent = words; // a screen reader hears it once
}
