// The to-do list, drawn from the phone: units as the server told, drafts, what waits to be sent, distances, what came
// back.

import '../keep/shell.js';
import { Refused } from '../keep/api.js';
import { chipOf, everything, standing, waiting, when } from '../keep/known.js';
import { distanceWords } from '../devices/nearest.js';
import * as store from '../keep/store.js';
import { metres } from '../devices/position.js';
import * as vault from '../keep/vault.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const RANKS = ['returned', 'unvisited', 'begun', 'done'];
const SHOWN = /** @type {Record<string, string[]>} */ ({
  next: ['returned', 'unvisited', 'begun'],
  returned: ['returned'],
  unvisited: ['unvisited'],
  all: RANKS,
});
const PAGE = 60;
const show = new URLSearchParams(location.search).get('show') || 'next';
const noun = store.account.startsWith('scattered:') ? '处' : '户';
let most = PAGE;
/** @type {GeolocationPosition|null} */
let here = null;

async function draw() {
  const all = await everything();
  if (!all.units.length && !(await store.get('session', 'pack'))) return;
  const ranked = all.units.map((unit) => ({ unit, rank: standing(all, unit) }));
  drawHead(all, ranked);
  const order = (/** @type {any} */ one) => [RANKS.indexOf(one.rank), one.unit.region_code, one.unit.id];
  const wanted = ranked
    .filter((one) => (SHOWN[show] || RANKS).includes(one.rank))
    .sort((a, b) => compared(order(a), order(b)));
  if (show === 'next' && here) {
    const far = (/** @type {any} */ one) => RANKS.indexOf(one.rank) * 1e9 + (away(one.unit) || 9e7);
    wanted.sort((a, b) => far(a) - far(b));
  }
  drawCards(all, wanted);
}

/** Which of two comes first: the first part in which they differ decides. @param {any[]} a @param {any[]} b */
function compared(a, b) {
  const place = a.findIndex((value, index) => value !== b[index]);
  if (place < 0) return 0;
  return a[place] < b[place] ? -1 : 1;
}

/** @param {any} all @param {{unit: any, rank: string}[]} ranked */
function drawHead(all, ranked) {
  const count = (/** @type {string} */ rank) => ranked.filter((one) => one.rank === rank).length;
  const [back, fresh, begun, done] = RANKS.map(count);
  const total = ranked.length;
  the('left').textContent = leftWords(back + fresh + begun, back, total);
  the('progress').max = total || 1;
  the('progress').value = done;
  the('progress').textContent = `${done} / ${total}`;
  the('done').textContent = `已完成 ${done} / ${total} ${noun}`;
  the('fresh').textContent = fresh ? `未访 ${fresh} ${noun}` : '';
  if (all.account) the('town').textContent = all.account.place;
  for (const link of document.querySelectorAll('.filters a')) {
    const { show: key } = /** @type {HTMLElement} */ (link).dataset;
    const number = link.querySelector('b');
    if (number) number.textContent = key === 'returned' ? String(back) : String(fresh);
    if (key === show) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  const unsent = all.drafts.length + all.outbox.filter((/** @type {any} */ one) => one.state !== 'received').length;
  the('sync').textContent = syncWords(navigator.onLine, unsent);
}

/** What is left to do. @param {number} left @param {number} back of these, returned @param {number} total */
function leftWords(left, back, total) {
  if (!total) return '还没有分到任务';
  if (!left) return '都完成了';
  return back ? `还有 ${left} ${noun}，退回 ${back} ${noun}` : `还有 ${left} ${noun}`;
}

/** Whether there is a network, and what is still here. @param {boolean} online @param {number} unsent */
function syncWords(online, unsent) {
  const network = online ? '◉ 在线' : '◌ 离线，可填';
  if (unsent) return `${network} · 待传 ${unsent}`;
  return online ? `${network} · 全部已传` : network; // without a network nobody knows whether there is more
}

/** @param {any} unit @returns {number|null} */
const away = (unit) =>
  here && unit.lon !== null ? metres(here.coords.longitude, here.coords.latitude, unit.lon, unit.lat) : null;

/** When something of a unit was typed last; else what was sent of it. @param {any} all @param {any} unit */
function formsWords(all, unit) {
  const drafts = all.drafts.filter((/** @type {any} */ draft) => draft.unit === unit.id);
  const saved = drafts
    .map((/** @type {any} */ draft) => draft.saved_at)
    .sort()
    .pop();
  if (saved) return `${when(saved)} 已存手机`;
  const sent = unit.forms.filter((/** @type {any} */ form) => form.submission);
  return sent.map((/** @type {any} */ form) => form.form).join('\u2002·\u2002');
}

/** Which of the page's sentences says why no unit is shown. @param {any} all */
function whyNone(all) {
  if (show === 'returned' || show === 'unvisited') return show;
  if (all.units.length) return 'rest';
  return noun === '处' ? 'places' : 'nothing';
}

/**
 * Cards that are there stay: the focus and the finger stay where they are.
 * @param {any} all
 * @param {{unit: any, rank: any}[]} wanted
 */
function drawCards(all, wanted) {
  const list = the('cards');
  const there = new Map([...list.children].map((card) => [card.dataset.unit, card]));
  const shown = wanted.slice(0, most);
  shown.forEach(({ unit, rank }, index) => {
    const card = there.get(unit.id) || the('card-template').content.cloneNode(true).firstElementChild;
    there.delete(unit.id);
    card.dataset.unit = unit.id;
    card.className = rank === 'returned' ? 'unit back' : 'unit';
    card.querySelector('h2 a').textContent = unit.name;
    card.querySelector('h2 a').href = `/collect/units/${unit.id}`;
    card.querySelector('.address').textContent = unit.address || '地址未登记';
    const distance = away(unit);
    card.querySelector('.distance').textContent = distance === null ? '' : `\u2002·\u2002${distanceWords(distance)}`;
    const came = unit.forms
      .filter(
        (/** @type {any} */ form) =>
          form.submission &&
          form.submission.state === 'returned' &&
          !waiting(all, unit.id).some((one) => one.form === form.form),
      )
      .map(cameBack);
    card.querySelector('.came').textContent = came.length ? `↩ ${came.join('；')}` : '';
    card.querySelector('.came').hidden = !came.length;
    const [colour, words] = chipOf(all, unit, rank);
    card.querySelector('.chip').className = `chip ${colour}`;
    card.querySelector('.chip').textContent = words;
    card.querySelector('.forms').textContent = formsWords(all, unit);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] || null);
  });
  there.forEach((card) => card.remove());
  list.hidden = !shown.length;
  the('none').hidden = Boolean(shown.length);
  if (!shown.length) the('none').textContent = the('none').dataset[whyNone(all)] || '';
  the('more').hidden = wanted.length <= most;
  the('following').hidden = !shown.length;
  if (shown.length) the('following').href = `/collect/units/${shown[0].unit.id}`;
}

/** @param {any} form */
function cameBack(form) {
  const names = form.submission.items.map((/** @type {any} */ item) =>
    item.name.split('（')[0].replace(/^[0-9 ]+/, ''),
  );
  return `${form.submission.by}退回${names.length ? ` ${names.length} 项：${names.join('、')}` : ` ${form.form}`}`;
}

/** @param {string} colour @param {string} words @param {[string, string]} [link] */
function say(colour, words, link) {
  const note = document.createElement('p');
  note.className = `notice ${colour}`;
  note.textContent = words;
  if (link) {
    const more = document.createElement('a');
    [more.textContent, more.href] = link;
    note.append(' ', more);
  }
  the('news').append(note);
}

/** Fetch what changed; say what reviewers did. */
async function refresh() {
  const { fetchForms, refresh: fetchChanges } = await import('../keep/pack.js');
  const { returned, passed } = await fetchChanges();
  await draw();
  const words = [returned ? `↩ 新退回 ${returned} 份表，请先改` : '', passed ? `✓ 新通过 ${passed} 份表` : '']
    .filter(Boolean)
    .join('；');
  if (words) say(returned ? 'amber' : 'green', words);
  the('not-ready').hidden = await vault.hasPin(store.account);
  // for the next place without a network
  if (navigator.serviceWorker && navigator.serviceWorker.controller) await fetchForms();
}

async function start() {
  if (!store.account) {
    location.replace('/collect/?fresh=1');
    return;
  }
  await draw();
  the('more').addEventListener('click', () => {
    most += PAGE;
    draw();
  });
  addEventListener('census:sent', draw);
  addEventListener('online', () => refresh().catch(() => undefined));
  addEventListener('offline', draw);
  const allowed = navigator.permissions && (await navigator.permissions.query({ name: 'geolocation' })).state;
  if (navigator.geolocation && allowed !== 'denied')
    navigator.geolocation.getCurrentPosition(
      (found) => {
        here = found;
        draw();
      },
      () => undefined,
      { maximumAge: 120_000, timeout: 10_000 },
    );
  try {
    await refresh();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    await draw();
    if (problem.status === 401)
      say('amber', '登录已失效，手机里的数据都在。联网时', [
        '重新登录',
        `/sign-in?next=${encodeURIComponent('/collect/?fresh=1')}`,
      ]);
    else if (!(await store.keys('units')).length)
      say('amber', '这部手机上还没有下载过单位。请到有网络的地方打开一次。');
  }
}

addEventListener('pageshow', (event) => {
  if (event.persisted) draw();
});
start();
