// This phone: how pages look, what is not sent, the receipts.

import { stateOf } from './draft_state.js';
import * as store from './store.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);

/** @param {string} list @param {string} empty @param {{name: string, small: string, chip: [string, string], href: string}[]} lines */
function draw(list, empty, lines) {
  for (const one of lines) {
    const line = the('line-template').content.cloneNode(true).firstElementChild;
    line.querySelector('a').href = one.href;
    line.querySelector('.name').textContent = one.name;
    line.querySelector('.small').textContent = one.small;
    line.querySelector('.chip').className = `chip ${one.chip[0]}`;
    line.querySelector('.chip').textContent = one.chip[1];
    the(list).append(line);
  }
  the(list).hidden = !lines.length;
  the(empty).hidden = Boolean(lines.length);
}

async function start() {
  const chosen = (localStorage.getItem('themes') || '').split(' ').filter(Boolean);
  for (const box of document.querySelectorAll('#themes input')) {
    const input = /** @type {HTMLInputElement} */ (box);
    input.checked = chosen.includes(input.value);
    input.addEventListener('change', () => {
      for (const place of [document.documentElement, document.body]) place.classList.toggle(input.value, input.checked);
      localStorage.setItem('themes', [...document.querySelectorAll('#themes input:checked')].map((one) => /** @type {HTMLInputElement} */ (one).value).join(' '));
    });
  }
  const units = new Map((await store.all('units')).map((unit) => [unit.id, unit]));
  const name = (/** @type {string} */ id) => (units.get(id) || {}).name || '普查对象';
  const drafts = (await store.all('drafts')).filter((draft) => draft.state === 'draft');
  draw('waiting', 'no-waiting', drafts.map((draft) => ({ name: name(draft.unit), small: draft.form, chip: stateOf(draft), href: `/collect/units/${draft.unit}` })));
  const receipts = (await store.all('receipts')).sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, 200);
  draw('receipts', 'no-receipts', receipts.map((one) => ({ name: name(one.unit), small: `${one.title}，${one.at.slice(0, 10)}，回执 ${one.number}`, chip: ['green', '✓ 已收到'], href: `/collect/units/${one.unit}` })));
}

start();
