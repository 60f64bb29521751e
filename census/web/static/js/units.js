// The to-do list: what the phone knows on top of what the server drew. Drafts not sent, distances, what came back.

import { api } from './api.js';
import * as store from './store.js';
import { metres } from './position.js';

const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#cards > li')]);

/** Units whose forms are begun and not sent. */
async function drawDrafts() {
  const drafts = (await store.all('drafts')).filter((draft) => draft.state === 'draft');
  for (const card of cards) {
    const own = drafts.filter((draft) => draft.unit === card.dataset.unit);
    if (!own.length) continue;
    const chip = /** @type {HTMLElement} */ (card.querySelector('.chip'));
    const left = own.reduce((sum, draft) => sum + draft.counts.blank, 0);
    chip.className = 'chip blue';
    chip.textContent = own.every((draft) => draft.is_done) ? '✎ 填好，待签字' : left ? `✎ 填报中，剩 ${left} 项必填` : '✎ 填报中';
    const saved = own.map((draft) => draft.saved_at).sort().pop();
    const forms = card.querySelector('.forms');
    if (forms && saved) forms.textContent = `${when(saved)} 已存手机`;
    card.dataset.rank = String(Math.min(Number(card.dataset.rank), 500));
  }
  const sync = document.getElementById('sync');
  if (sync) sync.textContent = `${navigator.onLine ? '◉ 在线' : '◌ 离线'}${drafts.length ? ` · 待传 ${drafts.length}` : ''}`;
}

/** @param {string} saved */
function when(saved) {
  const date = new Date(saved);
  const day = date.toDateString() === new Date().toDateString() ? '今天' : `${date.getMonth() + 1} 月 ${date.getDate()} 日`;
  return `${day} ${date.toTimeString().slice(0, 5)}`;
}

/** Nearest first among the unvisited; what came back stays on top. @param {GeolocationPosition} here */
function drawDistances(here) {
  const list = document.getElementById('cards');
  for (const card of cards) {
    if (!card.dataset.lon) continue;
    const away = metres(here.coords.longitude, here.coords.latitude, Number(card.dataset.lon), Number(card.dataset.lat));
    card.dataset.away = String(away);
    const place = card.querySelector('.distance');
    if (place) place.textContent = `\u2002·\u2002${away < 1000 ? `${Math.round(away / 10) * 10} 米` : `${(away / 1000).toFixed(1)} 公里`}`;
  }
  if (!list || list.dataset.sort !== 'nearest') return;
  const order = (/** @type {HTMLElement} */ card) => Number(card.dataset.rank) * 1e7 + Number(card.dataset.away || 9e6);
  [...cards].sort((a, b) => order(a) - order(b)).forEach((card) => list.append(card));
  const first = list.querySelector('h2 a');
  const following = document.getElementById('following');
  if (first && following) /** @type {HTMLAnchorElement} */ (following).href = /** @type {HTMLAnchorElement} */ (first).href;
}

/** What reviewers did since the last look. */
async function drawNews() {
  const news = document.getElementById('news');
  const kept = (await store.get('session', 'changes')) || { name: 'changes', cursor: '' };
  const answer = await (await api(`/changes?since=${encodeURIComponent(kept.cursor)}`)).json();
  await store.put('session', { name: 'changes', cursor: answer.cursor || kept.cursor });
  if (!news || !kept.cursor) return;
  const back = answer.changes.filter((/** @type {any} */ change) => change.kind === 'returned').length;
  const passed = answer.changes.filter((/** @type {any} */ change) => /approved|accepted/.test(change.kind + change.state)).length;
  if (!back && !passed) return;
  const note = document.createElement('p');
  note.className = back ? 'notice amber' : 'notice green';
  note.textContent = [back ? `↩ 新退回 ${back} 份表，请先改` : '', passed ? `✓ 新通过 ${passed} 份表` : ''].filter(Boolean).join('；');
  news.append(note);
}

async function start() {
  await drawDrafts();
  const allowed = navigator.permissions && (await navigator.permissions.query({ name: 'geolocation' })).state;
  if (navigator.geolocation && allowed !== 'denied' && cards.some((card) => card.dataset.lon)) navigator.geolocation.getCurrentPosition(drawDistances, () => undefined, { maximumAge: 120_000, timeout: 10_000 });
  await drawNews().catch(() => undefined);
}

addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
start();
