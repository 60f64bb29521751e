// A unit found in the street: looks for like names in what the phone has of the register; the visit that found it
// registers it.

import { Refused } from '../keep/api.js';
import { newId } from '../../shared/canonical.js';
import { alike } from '../keep/alike.js';
import { bestFix, quality } from '../devices/position.js';
import { cardOf, entry } from '../keep/send.js';
import { localUnit } from '../keep/found.js';
import { fetchNames, keptNames } from '../keep/names.js';
import { refresh } from '../keep/pack.js';
import '../keep/shell.js';
import * as store from '../keep/store.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('new'));
/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
/** @param {string} key @returns {any} */
const field = (key) => form.elements.namedItem(key);
const output = /** @type {HTMLElement} */ (form.querySelector('output'));
const isScattered = store.account.startsWith('scattered:');
let timer = 0;
let isBusy = false;
/** @type {any} */
let fix = null;
/** @type {import('../keep/names.js').Name[]} */
let names = [];

/** @returns {import('../keep/names.js').Name[]} */
function look() {
  const [lon, lat] = [Number(field('lon').value), Number(field('lat').value)];
  const found = alike(names, the('name').value, field('uscc').value, lon && lat ? [lon, lat] : null);
  the('alike').hidden = !found.length;
  const list = the('alike').querySelector('ul');
  list.textContent = '';
  for (const [, name, address] of found) {
    const line = document.createElement('li');
    line.textContent = address ? `${name}，${address}` : name;
    list.append(line);
  }
  return found;
}

/** @param {string} words @param {string} focus */
function refuse(words, focus) {
  the('new-said').textContent = `✕ ${words}`;
  the('new-said').hidden = false;
  the(focus).focus();
}

async function locate() {
  output.textContent = '正在定位……';
  try {
    fix = await bestFix((accuracy) => {
      output.textContent = quality(accuracy);
    });
    field('lon').value = fix.lon;
    field('lat').value = fix.lat;
    output.textContent = quality(Number(fix.accuracy_m));
  } catch (problem) {
    output.textContent = /** @type {Error} */ (problem).message;
  }
}

function position() {
  const [lon, lat] = [Number(field('lon').value), Number(field('lat').value)];
  if (!field('lon').value || !field('lat').value || Number.isNaN(lon + lat)) return null;
  const read = fix && fix.lon === field('lon').value && fix.lat === field('lat').value;
  return { lon, lat, accuracy_m: read ? Number(fix.accuracy_m) : null, source: read ? 'device' : 'map' };
}

/** @param {Event} event */
async function register(event) {
  event.preventDefault();
  if (isBusy) return; // a second press while the first still asks the server must not make a second unit
  isBusy = true;
  try {
    // left the list before it knew who one is and which forms there are
    if (!(await store.get('session', 'forms'))) await refresh().catch(() => undefined);
    await keep();
  } finally {
    isBusy = false;
  }
}

function kindOf() {
  if (isScattered) return 'scattered';
  return form.querySelector('[name=kind]:checked') ? field('kind').value : 'industrial';
}

async function keep() {
  const name = the('name').value.trim();
  const cards = [cardOf(await store.get('session', 'account')), the('second-card').value.trim()];
  if (!name) return refuse('请写单位名称；没有名称的写“经营者姓名+行业+作坊”。', 'name');
  if (!cards[1] || cards[1] === cards[0])
    return refuse('入户要有两名普查员。请填另一名普查员的证号，不能和自己的相同。', 'second-card');
  const found = look();
  if (found.length && !the('sure').checked)
    return refuse('名录里有名称相近的。先看是不是同一家；都不是，再勾选“都不是”。', 'sure');
  const now = new Date().toISOString();
  const kind = kindOf();
  const unit = {
    id: newId(),
    name,
    address: the('address').value.trim(),
    position: position(),
    kind,
    uscc: the('uscc').value.trim() || null,
    region_code: null,
  };
  const body = {
    id: newId(),
    unit: null,
    new_unit: unit,
    outcome: 'done',
    enumerators: cards,
    started_at: now,
    finished_at: now,
    position: unit.position,
    signature: null,
    device: navigator.userAgent.slice(0, 200),
  };
  try {
    await store.commit([
      { store: 'outbox', put: entry('visit', `visit ${body.id}`, body, `${name} 新单位登记`) },
      { store: 'units', put: await localUnit(unit, cards) },
      { store: 'session', put: { name: 'second card', value: cards[1] } },
    ]);
    if (!navigator.serviceWorker || !navigator.serviceWorker.controller)
      // the next page is the server's, which has to know the unit first
      await (await import('../keep/outbox.js')).sendDue();
    dispatchEvent(new Event('census:waiting'));
    return location.assign(`/collect/units/${unit.id}`);
  } catch (problem) {
    return refuse(/** @type {Error} */ (problem).message, 'name');
  }
}

async function start() {
  if (!store.account) {
    location.replace('/collect/?fresh=1');
    return;
  }
  the('name').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, 300);
  });
  form.querySelector('[data-locate]')?.addEventListener('click', locate);
  form.addEventListener('submit', register);
  const [second, account] = await Promise.all([store.get('session', 'second card'), store.get('session', 'account')]);
  if (second && !the('second-card').value) the('second-card').value = second.value;
  the('own-card').textContent = cardOf(account);
  names = await keptNames();
  try {
    names = await fetchNames();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem; // offline: what the phone has must do
  }
}

start();
