// The visit's start: the outcome decides. One without forms to fill is sent at once, the other kept until it is signed.

import { api } from './api.js';
import { newId } from './canonical.js';
import { bestFix, quality } from './position.js';
import * as store from './store.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('visit'));
const { unit } = form.dataset;
const TO_FILL = ['done', 'stopped'];
/** @type {any} */
let fix = null;

/** @param {string} name @returns {any} */
const field = (name) => form.elements.namedItem(name);
const said = /** @type {HTMLElement} */ (document.getElementById('visit-said'));
const output = /** @type {HTMLElement} */ (form.querySelector('output'));

/** @param {string} words @param {string} [focus] */
function refuse(words, focus) {
  said.textContent = '';
  const note = document.createElement('p');
  note.className = 'notice red';
  note.setAttribute('role', 'alert');
  note.textContent = `✕ ${words}`;
  said.append(note);
  if (focus) document.getElementById(focus)?.focus();
}

/** @param {import('./position.js').Fix} found */
function take(found) {
  fix = found;
  field('lon').value = fix.lon;
  field('lat').value = fix.lat;
  output.textContent = quality(Number(fix.accuracy_m));
}

async function locate() {
  output.textContent = '正在定位……';
  try {
    take(await bestFix((_, better) => take(better))); // somebody may go on before the best one is there
  } catch (problem) {
    output.textContent = /** @type {Error} */ (problem).message;
  }
}

/** The position as read or typed, in the API's shape. */
function position() {
  const [lon, lat] = [Number(field('lon').value), Number(field('lat').value)];
  if (!field('lon').value || !field('lat').value || Number.isNaN(lon + lat)) return null;
  const read = fix && fix.lon === field('lon').value && fix.lat === field('lat').value;
  return { lon, lat, accuracy_m: read ? Number(fix.accuracy_m) : null, source: read ? 'device' : 'map' };
}

form.querySelector('[data-locate]')?.addEventListener('click', locate);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const outcome = field('outcome').value;
  const cards = [/** @type {HTMLInputElement} */ (document.getElementById('own-card')).value, field('second_card').value.trim()];
  if (!outcome) return refuse('请选入户结果。', 'outcome-done');
  if (!cards[1] || cards[1] === cards[0]) return refuse('入户要有两名普查员。请填另一名普查员的证号，不能和自己的相同。', 'second-card');
  const kept = await store.get('visits', unit || '');
  const visit = { unit, outcome, enumerators: cards, started_at: (kept && kept.started_at) || new Date().toISOString(), position: position() };
  await store.put('visits', visit);
  await store.put('session', { name: 'second card', value: cards[1] });
  if (TO_FILL.includes(outcome)) return location.assign(`/collect/units/${unit}`);
  try {
    const sent = { ...visit, id: newId(), finished_at: new Date().toISOString(), signature: null, device: navigator.userAgent.slice(0, 200) };
    const [result] = (await (await api('/visits', { method: 'POST', json: { visits: [sent] } })).json()).results;
    if (result.status === 'refused') return refuse(result.message);
    await store.remove('visits', unit || '');
    return location.assign('/collect/');
  } catch (problem) {
    return refuse(/** @type {Error} */ (problem).message);
  }
});

async function start() {
  const [second, kept] = await Promise.all([store.get('session', 'second card'), store.get('visits', unit || '')]);
  if (second && !field('second_card').value) field('second_card').value = second.value;
  if (!kept || field('outcome').value) return;
  field('outcome').value = kept.outcome;
  if (kept.position) { field('lon').value = kept.position.lon; field('lat').value = kept.position.lat; }
}

start();
