// The visit's start: the outcome decides. One without forms to fill goes into the outbox, the other is kept until it is
// signed.

import { newId } from '../../shared/canonical.js';
import { unitInfo } from '../form/draft.js';
import { unitOfAddress } from '../keep/known.js';
import { cardOf, entry } from '../keep/send.js';
import { bestFix, quality } from '../devices/position.js';
import * as store from '../keep/store.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('visit'));
const unit = unitOfAddress();
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

/** @param {import('../devices/position.js').Fix} found */
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
  const cards = [
    /** @type {HTMLInputElement} */ (document.getElementById('own-card')).value,
    field('second_card').value.trim(),
  ];
  if (!outcome) return refuse('请选入户结果。', 'outcome-done');
  if (!cards[1] || cards[1] === cards[0])
    return refuse('入户要有两名普查员。请填另一名普查员的证号，不能和自己的相同。', 'second-card');
  const kept = await store.get('visits', unit);
  const visit = {
    unit,
    outcome,
    enumerators: cards,
    started_at: (kept && !kept.outgoing && kept.started_at) || new Date().toISOString(),
    position: position(),
  };
  const second = { store: 'session', put: { name: 'second card', value: cards[1] } };
  try {
    if (TO_FILL.includes(outcome)) {
      await store.commit([{ store: 'visits', put: visit }, second]);
      return location.assign(`/collect/units/${unit}`);
    }
    const body = {
      ...visit,
      id: newId(),
      finished_at: new Date().toISOString(),
      signature: null,
      device: navigator.userAgent.slice(0, 200),
    };
    const { name: title } = await unitInfo(unit);
    await store.commit([
      { store: 'outbox', put: entry('visit', `visit ${body.id}`, body, `${title} 入户记录`) },
      { store: 'visits', remove: unit },
      second,
    ]);
    dispatchEvent(new Event('census:waiting'));
    return location.assign('/collect/');
  } catch (problem) {
    return refuse(/** @type {Error} */ (problem).message);
  }
});

async function start() {
  if (!store.account) {
    location.replace('/collect/?fresh=1');
    return;
  }
  const [info, account] = await Promise.all([unitInfo(unit), store.get('session', 'account')]);
  /** @type {HTMLElement} */ (document.getElementById('unit-link')).textContent = `‹ ${info.name}`;
  for (const link of document.querySelectorAll('#unit-link, #leave'))
    /** @type {HTMLAnchorElement} */ (link).href = `/collect/units/${unit}`;
  /** @type {HTMLInputElement} */ (document.getElementById('own-card')).value = cardOf(account);
  const [second, kept] = await Promise.all([store.get('session', 'second card'), store.get('visits', unit)]);
  if (second && !field('second_card').value) field('second_card').value = second.value;
  if (!kept || kept.outgoing || field('outcome').value) return;
  field('outcome').value = kept.outcome;
  if (kept.position) {
    field('lon').value = kept.position.lon;
    field('lat').value = kept.position.lat;
  }
}

start();
