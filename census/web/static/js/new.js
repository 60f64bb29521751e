// A unit found in the street: looks for like names while one types; the visit that found it registers it.

import { page as getJson } from './api.js';
import { bestFix, quality } from './position.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('new'));
const name = /** @type {HTMLInputElement} */ (document.getElementById('name'));
const alike = /** @type {HTMLElement} */ (document.getElementById('alike'));
const output = /** @type {HTMLElement} */ (form.querySelector('output'));
let timer = 0;

name.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(look, 400);
});

async function look() {
  if (name.value.trim().length < 2) { alike.textContent = ''; return; }
  const { units } = await getJson(`/collect/similar?name=${encodeURIComponent(name.value.trim())}`);
  alike.textContent = '';
  if (!units.length) return;
  const note = document.createElement('div');
  note.className = 'message amber';
  const words = document.createElement('div');
  words.append('名录里有名称相近的，先看是不是同一家：');
  const list = document.createElement('ul');
  for (const unit of units) {
    const line = document.createElement('li');
    line.textContent = unit.address ? `${unit.name}，${unit.address}` : unit.name;
    list.append(line);
  }
  words.append(list);
  note.append('!', words);
  alike.append(note);
}

form.querySelector('[data-locate]')?.addEventListener('click', async () => {
  output.textContent = '正在定位……';
  try {
    const fix = await bestFix((accuracy) => { output.textContent = quality(accuracy); });
    /** @type {HTMLInputElement} */ (form.elements.namedItem('lon')).value = fix.lon;
    /** @type {HTMLInputElement} */ (form.elements.namedItem('lat')).value = fix.lat;
    /** @type {HTMLInputElement} */ (form.elements.namedItem('accuracy_m')).value = fix.accuracy_m;
    output.textContent = quality(Number(fix.accuracy_m));
  } catch (problem) {
    output.textContent = /** @type {Error} */ (problem).message;
  }
});
