// What the phone downloads: its units as far as they changed, what reviewers did, the pages and lists that its forms
// need.

import { Refused, api, json, page } from './api.js';
import * as store from './store.js';

/** @typedef {{returned: number, passed: number}} News */

const ONLY = 60;

/** Units by cursor, then what happened to records. @returns {Promise<News>} */
export async function refresh() {
  const kept = (await store.get('session', 'pack')) || { name: 'pack', cursor: '', changes: '' };
  let more = true;
  let { cursor } = kept;
  /** @type {string[]|null} */
  let mine = null;
  while (more) {
    const answer = await fetchUnits(`cursor=${encodeURIComponent(cursor)}`);
    cursor = answer.cursor;
    mine = answer.mine;
    more = answer.more;
    await keep(answer, [{ store: 'session', put: { ...kept, cursor: more ? kept.cursor : cursor } }]);
  }
  const there = /** @type {string[]} */ (await store.keys('units'));
  const gone = there.filter((id) => !(/** @type {string[]} */ (mine).includes(id)));
  await drop(gone);
  await only(/** @type {string[]} */ (mine).filter((id) => !there.includes(id)));
  return changes({ ...kept, cursor }, Boolean(kept.changes));
}

/** @param {any} kept @param {boolean} isNews */
async function changes(kept, isNews) {
  const news = { returned: 0, passed: 0 };
  const units = new Set();
  let since = kept.changes;
  for (let more = true; more;) {
    const answer = await json(await api(`/changes?since=${encodeURIComponent(since)}`));
    for (const change of answer.changes) {
      units.add(change.unit);
      if (change.kind === 'returned') news.returned += 1;
      else if (/approved|accepted/.test(change.kind + change.state)) news.passed += 1;
    }
    since = answer.cursor || since;
    more = answer.more;
  }
  if (isNews) await only([...units]);
  await store.put('session', { ...kept, changes: since || '0.0', at: new Date().toISOString() });
  return isNews ? news : { returned: 0, passed: 0 };
}

/** Fetch some units anew. @param {string[]} ids @returns {Promise<any[]>} */
export async function only(ids) {
  const found = [];
  for (let from = 0; from < ids.length; from += ONLY) {
    const answer = await fetchUnits(`only=${ids.slice(from, from + ONLY).join()}`);
    await keep(answer, []);
    found.push(...answer.units);
  }
  return found;
}

/** @param {string} query */
async function fetchUnits(query) {
  const answer = await json(await api(`/collect/phone/units?${query}`));
  if (!Array.isArray(answer.units)) throw new Refused(0, 'portal', '没有连到普查服务器。');
  return answer;
}

/** @param {any} answer @param {store.Change[]} more */
async function keep(answer, more) {
  const areas = (await store.get('session', 'areas')) || { name: 'areas', areas: {} };
  for (const area of answer.areas) areas.areas[area.code] = area;
  await store.commit([
    ...answer.units.map((/** @type {any} */ unit) => ({ store: 'units', put: unit })),
    { store: 'session', put: { name: 'forms', forms: answer.forms, words: answer.words } },
    { store: 'session', put: { name: 'account', ...answer.account } },
    { store: 'session', put: areas },
    ...more,
  ]);
}

/**
 * Units that are somebody else's now leave the phone, unless something of them is not sent yet.
 * @param {string[]} ids
 */
async function drop(ids) {
  if (!ids.length) return;
  const busy = new Set([
    ...(await store.all('drafts')).filter((draft) => draft.state === 'draft').map((draft) => draft.unit),
    ...(await store.all('outbox')).filter((one) => one.state !== 'received').map((one) => one.unit),
  ]);
  await store.commit(ids.filter((id) => !busy.has(id)).map((id) => ({ store: 'units', remove: id })));
}

/** One unit with all that its forms need to know, as the phone has it. @param {string} id @returns {Promise<any>} */
export async function known(id) {
  const [unit, shared] = await Promise.all([store.get('units', id), store.get('session', 'forms')]);
  return unit && whole(unit, shared);
}

/** @param {any} unit @param {any} shared */
export function whole(unit, shared) {
  if (!shared) return unit;
  const forms = unit.forms.map((/** @type {any} */ form) => ({ ...shared.forms[form.form], ...form }));
  return { ...unit, forms };
}

/**
 * Addresses of the pages, definitions and lists that the forms of my units need.
 * @returns {Promise<{pages: string[], definitions: string[]}>}
 */
export async function needed() {
  const shared = await store.get('session', 'forms');
  const codes = new Set(
    (await store.all('units')).flatMap((unit) => unit.forms.map((/** @type {any} */ form) => form.form)),
  );
  const forms = Object.entries((shared && shared.forms) || {})
    .filter(([code]) => !codes.size || codes.has(code))
    .map(([, form]) => form);
  return { pages: forms.map((form) => form.blank), definitions: forms.map((form) => form.definition) };
}

/**
 * Fetch what is not kept yet: the service worker keeps it under its address, which holds its digest.
 * @param {(done: number, all: number) => void} [told]
 */
export async function fetchForms(told = () => undefined) {
  const { pages, definitions } = await needed();
  const lists = new Set();
  let done = 0;
  const step = async (/** @type {Promise<any>} */ work) => {
    await work;
    done += 1;
    told(done, pages.length + definitions.length + lists.size);
  };
  for (const address of definitions) {
    const definition = await page(address);
    for (const list of Object.values(definition.lists)) lists.add(list);
    await step(Promise.resolve());
  }
  for (const address of [...pages, ...lists])
    await step(
      fetch(address).then((answer) => {
        if (!answer.ok) throw new Refused(answer.status, 'refused', '有的表没有下载完。');
        return answer.arrayBuffer();
      }),
    );
  const { controller } = navigator.serviceWorker || { controller: null };
  if (controller) controller.postMessage({ type: 'prune' }); // what these replace may go
  return done;
}
