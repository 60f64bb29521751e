// 核对 → 签字 → 提交, from the drafts on this phone.

import { Refused } from '../keep/api.js';
import { unitInfo } from '../form/draft.js';
import { unitOfAddress } from '../keep/known.js';
import { sendDue } from '../keep/outbox.js';
import { only } from '../keep/pack.js';
import { cardOf, enqueue } from '../keep/send.js';
import { needs, openDrafts } from '../keep/unsent.js';
import { Pad } from '../devices/signature.js';
import { leadOn } from '../devices/nearest.js';
import * as store from '../keep/store.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const host = the('finish');
const unit = unitOfAddress();
const PATIENCE_MS = 20_000;
const pad = new Pad(the('pad'));

/** @param {string} id @returns {any} */
const copy = (id) => the(id).content.cloneNode(true).firstElementChild;

/** @param {string} colour @param {string} sign @param {string} words */
function say(colour, sign, words) {
  const notice = copy('notice-template');
  notice.classList.add(colour);
  notice.querySelector('.sign').textContent = sign;
  notice.querySelector('.words').textContent = words;
  the('said').textContent = '';
  the('said').append(notice);
  notice.scrollIntoView({ block: 'nearest' });
}

/** @param {any[]} ready @param {any[]} missing */
function draw(ready, missing) {
  const list = the('to-send').querySelector('.rows');
  list.querySelectorAll('.only-js').forEach((/** @type {Element} */ line) => line.remove());
  const add = (
    /** @type {string} */ title,
    /** @type {string} */ href,
    /** @type {string} */ detail,
    /** @type {[string, string]} */ [colour, words],
  ) => {
    const line = copy('line-template');
    line.className = 'only-js';
    line.querySelector('a').href = href;
    line.querySelector('.name').textContent = title;
    line.querySelector('.small').textContent = detail;
    line.querySelector('.chip').className = `chip ${colour}`;
    line.querySelector('.chip').textContent = words;
    list.append(line);
  };
  for (const one of ready) {
    const open = one.checks.open();
    const errors = open.error.length + open.blank.length;
    add(
      one.title,
      `${one.known.blank}#${new URLSearchParams({ unit, page: 'summary' })}`,
      one.draft.revision > 1 ? `第 ${one.draft.revision} 版` : '',
      readiness(errors, open.warning.length),
    );
  }
  for (const one of missing)
    add(`${one.form} ${one.title}`, `${one.blank}#${new URLSearchParams({ unit })}`, '必填', ['red', '✕ 还没有填']);
  the('nothing').hidden = Boolean(ready.length || missing.length);
}

/** @param {number} errors @param {number} warnings @returns {[string, string]} colour and words */
function readiness(errors, warnings) {
  if (errors) return ['red', `✕ ${errors} 处要改`];
  if (warnings) return ['amber', `! ${warnings} 处待说明`];
  return ['green', '✓ 填好了'];
}

/** @param {number} all @param {number} good received @param {number} waits */
function outcomeWords(all, good, waits) {
  if (good === all) return '已收到';
  if (waits === all) return '签好了，待传';
  return good ? '收到一部分' : '没有收';
}

/** @param {import('../keep/outbox.js').Entry} entry */
function entryWords({ state, findings, problem }) {
  if (state === 'waiting') return `↑ 待传。${problem || ''}`;
  if (state !== 'received') return `✕ ${problem || '没有收。'}`;
  const isOpen = (/** @type {any} */ finding) => finding.severity === 'error' && finding.state === 'open';
  const errors = (findings || []).filter(isOpen).length;
  if (errors) return `✓ 已收到，但有 ${errors} 处错误，审核不会通过。请改正后再交。`;
  return '✓ 已收到，等待审核。';
}

/** The visit that is signed. @param {any} info @param {any} visit kept on this phone @param {string[]} lastCards */
function visitFor(info, visit, lastCards) {
  if (visit && !visit.outgoing) return visit;
  // It was sent already, or was another day: what is signed now happened in the same way.
  return {
    outcome: ['done', 'stopped'].includes(info.outcome) ? info.outcome : 'done',
    enumerators: visit ? visit.enumerators : lastCards,
  };
}

/** What became of the entries of the outbox. @param {import('../keep/outbox.js').Entry[]} entries @param {any} info */
function showReceipts(entries, info) {
  const page = copy('sent-template');
  const good = entries.filter((one) => one.state === 'received');
  const waits = entries.filter((one) => one.state === 'waiting');
  page.querySelector('h2').textContent = outcomeWords(entries.length, good.length, waits.length);
  const calm = waits.length ? '。已存在手机，联网后自动上传，不用再管。' : '';
  page.querySelector('.lead').textContent = `${info.name}${calm}`;
  if (!good.length) {
    page.querySelector('.tick').textContent = waits.length ? '↑' : '!';
  }
  for (const one of entries) {
    const line = copy('receipt-template');
    line.querySelector('.name').textContent = one.title.replace(`${info.name} `, '');
    line.querySelector('.words').textContent = entryWords(one);
    line.querySelector('.receipt-number').textContent = one.receipt ? `回执 ${one.receipt.number}` : '';
    page.querySelector('.rows').append(line);
  }
  host.textContent = '';
  host.append(page);
  the('heading').textContent = good.length === entries.length ? '提交完成' : '提交结果';
  the('leave').textContent = '看这一户';
  const next = document.createElement('a');
  next.className = 'button main';
  next.href = '/collect/';
  next.textContent = '下一户';
  the('send').replaceWith(next);
  leadOn(next, info);
  scrollTo(0, 0);
  page.querySelector('h2').focus({ preventScroll: true });
}

/** Send, and wait a little for what becomes of it. @param {string[]} ids */
async function settle(ids) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    if (navigator.onLine) await sendDue();
    const entries = await Promise.all(ids.map((id) => store.get('outbox', id)));
    const isOver = entries.every((one) => one.state !== 'waiting' || one.tries > 0);
    const visits = (await store.all('outbox')).some(
      (one) => one.kind === 'visit' && one.unit === unit && one.state === 'waiting' && one.tries > 0,
    );
    if (isOver || visits || !navigator.onLine || Date.now() > until) return entries;
    await new Promise((resolve) => setTimeout(resolve, 150)); // another page of this phone is sending
  }
}

async function start() {
  if (!store.account) {
    location.replace('/collect/?fresh=1');
    return;
  }
  const info = await unitInfo(unit);
  const account = await store.get('session', 'account');
  the('unit-link').textContent = `‹ ${info.name}`;
  for (const link of document.querySelectorAll('#unit-link, #leave'))
    /** @type {HTMLAnchorElement} */ (link).href = `/collect/units/${unit}`;
  const [ready, visit] = [await openDrafts(info), await store.get('visits', unit)];
  const drafted = new Set(ready.map((one) => one.draft.form));
  const queued = (await store.draftsOf(unit)).filter((draft) => draft.state === 'queued');
  const owed = needs(info, [...queued, ...ready.map((one) => one.draft)]);
  for (const draft of queued) drafted.add(draft.form);
  const missing = info.forms.filter(
    (/** @type {any} */ one) => owed.get(one.form) === 'must' && !one.submission && !drafted.has(one.form),
  );
  draw(ready, missing);
  const isCorrection = ready.some((one) => one.draft.revision > 1);
  the('how-signed').hidden = !isCorrection;
  const how = () => /** @type {HTMLInputElement} */ (document.querySelector('[name=how]:checked')).value;
  the('how-signed').addEventListener('change', () => {
    the('pad-item').hidden = how() !== 'paper';
    the('send').textContent = how() === 'paper' ? '签字并提交' : '登记确认并提交';
  });
  the('clear-pad').addEventListener('click', () => pad.clear());
  const isClean = () =>
    ready.length > 0 &&
    !missing.length &&
    ready.every((one) => Object.values(one.checks.open()).every((list) => !list.length));
  the('sign').hidden = !isClean();
  the('send').setAttribute('aria-disabled', String(!isClean()));
  const lastCards = info.last_cards || [];
  const needsVisit = !visit && lastCards.length < 2;
  if (isClean() && needsVisit) say('amber', '!', '还没有登记入户结果和另一名普查员的证号。请先做“入户登记”。');

  the('sign').addEventListener('submit', async (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = the('signed-name').value.trim();
    if (!isClean())
      return say(
        'red',
        '✕',
        ready.length ? '还有没处理完的问题，处理完才能签字。点上面的表去改。' : '没有要提交的表。',
      );
    if (needsVisit) return location.assign(`/collect/units/${unit}/visit`);
    if (!name) {
      the('signed-name').focus();
      return say('red', '✕', '请写填报人姓名。');
    }
    if (how() === 'paper' && !pad.isSigned) return say('red', '✕', '请填报人在框内签字。');
    the('send').disabled = true;
    the('send').textContent = '正在提交……';
    try {
      const png = how() === 'paper' ? await pad.png() : null;
      const signed = { name, how: how(), png, visit: visitFor(info, visit, lastCards), card: cardOf(account) };
      showReceipts(await settle(await enqueue(info, ready, signed)), info);
      only([unit]).catch(() => undefined);
    } catch (problem) {
      if (!(problem instanceof Error)) throw problem;
      say(
        'red',
        '✕',
        problem instanceof Refused || problem.message ? problem.message : '没有提交上。数据还在手机里，请再试。',
      );
      the('send').disabled = false;
      the('send').textContent = '签字并提交';
    }
    return undefined;
  });
}

start().catch((problem) => say('red', '✕', problem.message));
