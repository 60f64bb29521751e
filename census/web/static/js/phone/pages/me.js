// This phone: how pages look, what is not sent and what can be done about it, what was received.

import '../keep/shell.js';
import { csrf } from '../keep/api.js';
import { stateOf } from '../form/draft_state.js';
import { stateOfEntry, when } from '../keep/known.js';
import * as store from '../keep/store.js';
import { lines } from '../keep/synclog.js';
import * as vault from '../keep/vault.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);

/** @typedef {[string, () => Promise<any>, string?]} Act word, what it does, its look */
/**
 * @typedef {object} Line
 * @property {string} name
 * @property {string} small
 * @property {[string, string]} chip
 * @property {string} [href]
 * @property {string} [said]
 * @property {Act[]} [acts]
 */

/** @param {string} list @param {string} empty @param {Line[]} shown */
function draw(list, empty, shown) {
  the(list).textContent = '';
  for (const one of shown) {
    const line = the('line-template').content.cloneNode(true).firstElementChild;
    if (one.href) line.querySelector('a').href = one.href;
    line.querySelector('.name').textContent = one.name;
    line.querySelector('.small').textContent = one.small;
    line.querySelector('.chip').className = `chip ${one.chip[0]}`;
    line.querySelector('.chip').textContent = one.chip[1];
    line.querySelector('.said').textContent = one.said || '';
    line.querySelector('.said').hidden = !one.said;
    const acts = line.querySelector('.acts');
    for (const [words, act, look] of one.acts || []) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = words;
      button.className = look || '';
      button.setAttribute('aria-label', `${words}：${one.name} ${one.small}`);
      button.addEventListener('click', async () => {
        button.disabled = true;
        await act();
        await drawAll();
      });
      acts.append(button);
    }
    acts.hidden = !acts.children.length;
    the(list).append(line);
  }
  the(list).hidden = !shown.length;
  if (empty) the(empty).hidden = Boolean(shown.length);
}

/** @param {string} words @param {() => Promise<any>} back */
function undo(words, back) {
  document.querySelectorAll('.undo').forEach((old) => old.remove());
  const bar = the('undo-template').content.cloneNode(true).firstElementChild;
  bar.querySelector('span').textContent = words;
  bar.querySelector('button').addEventListener('click', async () => {
    bar.remove();
    await back();
    await drawAll();
  });
  document.body.append(bar);
  setTimeout(() => bar.remove(), 30_000);
}

/** @param {any} entry */
async function sendNow(entry) {
  const { hurry, sendDue } = await import('../keep/outbox.js');
  await store.put('outbox', { ...entry, state: 'waiting', next_at: 0 });
  await hurry(entry.id);
  await sendDue();
}

/** Take a record out of the queue and back to the form. @param {any} entry @param {any[]} drafts */
async function takeBack(entry, drafts) {
  const draft = drafts.find((one) => one.unit === entry.unit && one.form === entry.form);
  // It may have arrived without an answer: then it goes on being sent, and what is signed next is another revision.
  const mayHaveArrived = entry.tries && entry.state === 'waiting';
  const revision = mayHaveArrived ? draft.revision + 1 : draft.revision;
  const discarded = { store: 'outbox', put: { ...entry, before: entry.state, state: 'discarded' } };
  await store.commit([
    { store: 'drafts', put: { ...draft, state: 'draft', is_done: false, revision } },
    ...(mayHaveArrived ? [] : [discarded]),
  ]);
  location.assign(`/collect/units/${entry.unit}`);
}

/** @param {any} thing @param {string} where @param {string} words */
async function discard(thing, where, words) {
  await store.put(where, { ...thing, before: thing.state, state: 'discarded' });
  undo(words, () => store.put(where, thing));
}

/** @param {any} one @param {string} name @param {any[]} drafts @returns {Line} */
function entryLine(one, name, drafts) {
  const draft =
    one.kind === 'submission' &&
    drafts.find((other) => other.unit === one.unit && other.form === one.form && other.state === 'queued');
  /** @type {Act} */
  const send = ['现在传', () => sendNow(one)];
  /** @type {Act} */
  const open = ['打开改', () => takeBack(one, drafts)];
  const visit = one.kind === 'submission' && `visit ${one.body.visit}`; // a form is of no use without its visit
  const goesWith = (/** @type {any} */ other) => other === one || other.id === one.id || other.id === visit;
  return {
    name,
    small: `${one.kind === 'visit' ? '入户记录' : one.form}，${when(one.at)} 签好`,
    chip: stateOfEntry(one),
    href: `/collect/units/${one.unit}`,
    said: one.problem || '',
    acts: [
      ...(one.state === 'conflict' ? [] : [send]), // a person decides between the two first
      ['导出', () => exportOf(goesWith)],
      ...(draft ? [open] : []),
      ['丢弃', () => discard(one, 'outbox', `已丢弃 ${one.title}`), 'danger'],
    ],
  };
}

/** @param {(entry: any) => boolean} [wanted] */
async function exportOf(wanted) {
  const { save } = await import('../keep/rescue.js');
  await save(wanted);
}

async function drawAll() {
  const [found, drafts, outbox, uploads, receipts] = await Promise.all(
    ['units', 'drafts', 'outbox', 'uploads', 'receipts'].map((name) => store.all(name)),
  );
  const units = new Map(found.map((unit) => [unit.id, unit]));
  const name = (/** @type {string} */ id) => (units.get(id) || {}).name || '普查对象';
  /** @type {Line[]} */
  const begun = drafts
    .filter((draft) => draft.state === 'draft')
    .map((draft) => ({
      name: name(draft.unit),
      small: `${draft.form}，离线可填`,
      chip: stateOf(draft),
      href: `/collect/units/${draft.unit}`,
      acts: [
        ['导出', () => exportOf((other) => other.unit === draft.unit && other.form === draft.form)],
        ['丢弃', () => discard(draft, 'drafts', `已丢弃 ${name(draft.unit)} ${draft.form}`), 'danger'],
      ],
    }));
  const queued = outbox
    .filter((one) => !['received', 'discarded'].includes(one.state))
    .map((one) => entryLine(one, name(one.unit), drafts));
  draw('waiting', 'no-waiting', [...queued, ...begun]);
  const files = uploads.filter((one) => one.state !== 'received');
  the('photos').hidden = !files.length;
  draw(
    'files',
    '',
    files.map((one) => ({
      name: one.name === 'signature.png' ? '签名' : '照片',
      small: `${Math.ceil(one.size / 1024)} kB，已传 ${Math.round((100 * (one.sent || 0)) / one.size)}%`,
      chip: one.state === 'refused' ? ['red', '✕ 没有收'] : ['blue', '↑ 待传'],
      said: one.problem || '',
      acts: [
        [
          '现在传',
          async () => {
            const { hurry, sendDue } = await import('../keep/outbox.js');
            await store.put('uploads', { ...one, state: 'waiting', next_at: 0 });
            await hurry(one.sha256);
            await sendDue();
          },
        ],
      ],
    })),
  );
  draw(
    'receipts',
    'no-receipts',
    receipts
      .sort((a, b) => (a.at < b.at ? 1 : -1))
      .slice(0, 200)
      .map((one) => ({
        name: name(one.unit),
        small: `${one.title.replace(`${name(one.unit)} `, '')}，${one.at.slice(0, 10)}，回执 ${one.number}`,
        chip: /** @type {[string, string]} */ (['green', '✓ 已收到']),
        href: `/collect/units/${one.unit}`,
      })),
  );
  the('log').textContent = '';
  for (const one of await lines()) {
    const line = document.createElement('li');
    line.textContent = `${when(one.at)} ${one.sign} ${one.words}`;
    the('log').append(line);
  }
}

function drawThemes() {
  const chosen = (localStorage.getItem('themes') || '').split(' ').filter(Boolean);
  for (const box of document.querySelectorAll('#themes input')) {
    const input = /** @type {HTMLInputElement} */ (box);
    input.checked = chosen.includes(input.value);
    input.addEventListener('change', () => {
      for (const place of [document.documentElement, document.body]) place.classList.toggle(input.value, input.checked);
      localStorage.setItem(
        'themes',
        [...document.querySelectorAll('#themes input:checked')]
          .map((one) => /** @type {HTMLInputElement} */ (one).value)
          .join(' '),
      );
    });
  }
}

async function start() {
  drawThemes();
  if (!store.account) {
    location.replace('/collect/me?fresh=1');
    return;
  }
  const account = await store.get('session', 'account');
  if (account) {
    the('full-name').textContent = account.full_name;
    the('card').textContent = account.card || '未登记';
    the('username').textContent = account.username;
  }
  the('sign-out').addEventListener('submit', async (/** @type {Event} */ event) => {
    const field = the('sign-out').elements.namedItem('csrf_token');
    if (field.value) return;
    event.preventDefault();
    try {
      field.value = await csrf();
      the('sign-out').submit();
    } catch (problem) {
      the('sign-out').querySelector('button').textContent = /** @type {Error} */ (problem).message;
    }
  });
  the('lock').hidden = !(await vault.hasPin(store.account));
  the('lock').addEventListener('click', async () => {
    await vault.lock(store.account);
    location.assign('/collect/');
  });
  the('rescue').addEventListener('click', () =>
    exportOf().catch((problem) => {
      the('rescue-said').textContent = problem.message;
    }),
  );
  await drawAll();
  addEventListener('census:sent', drawAll);
}

start();
