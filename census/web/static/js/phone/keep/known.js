// How far units and forms are, from all that stands on this phone: what the server told, drafts, and what waits to be
// sent.

import { whole } from './pack.js';
import { stateOf } from '../form/draft_state.js';
import * as store from './store.js';

/** @typedef {'returned'|'unvisited'|'begun'|'done'} Standing */

/** Everything of this phone that the pages are drawn from. */
export async function everything() {
  const [units, shared, drafts, outbox, visits, account] = await Promise.all([
    store.all('units'),
    store.get('session', 'forms'),
    store.all('drafts'),
    store.all('outbox'),
    store.all('visits'),
    store.get('session', 'account'),
  ]);
  const words = (shared && shared.words) || {
    outcomes: {},
    kinds: {},
    nothing_to_fill: [],
    sent: {},
    approved: ['green', '✓'],
    units: {},
  };
  return {
    units: units.map((unit) => whole(unit, shared)),
    words,
    drafts: drafts.filter((one) => one.state === 'draft'),
    outbox: outbox.filter((one) => one.state !== 'discarded'),
    visits,
    account,
  };
}

/** @typedef {Awaited<ReturnType<typeof everything>>} All */

/** @param {any} entry @returns {[string, string]} */
export function stateOfEntry(entry) {
  if (entry.state === 'received') return ['green', '✓ 已收到'];
  if (entry.state === 'refused') return ['red', '✕ 没有收，要处理'];
  if (entry.state === 'conflict') return ['red', '✕ 两份不同，等核对'];
  return ['blue', '↑ 待传'];
}

/** @param {All} all @param {any} sent @returns {[string, string]} */
export const stateOfSent = (all, sent) => all.words.sent[sent.state] || all.words.approved;

/**
 * One form of a unit.
 * @param {All} all
 * @param {any} unit
 * @param {any} form
 * @param {string} [need]
 * @returns {[string, string]}
 */
export function stateOfForm(all, unit, form, need) {
  const draft = all.drafts.find((one) => one.unit === unit.id && one.form === form.form);
  const entry = waiting(all, unit.id).find((one) => one.form === form.form);
  const isBack = form.submission && form.submission.state === 'returned';
  if (draft && isBack && !draft.is_done) return ['amber', '↩ 退回，正在改'];
  if (draft) return stateOf(draft);
  if (entry) return stateOfEntry(entry);
  if (form.submission) return stateOfSent(all, form.submission);
  return ['', need === 'must_not' ? '– 不用填' : '○ 未开始'];
}

/** What of a unit is not received yet. @param {All} all @param {string} unit */
export const waiting = (all, unit) => all.outbox.filter((one) => one.unit === unit && one.state !== 'received');

/** The visit's outcome as it stands on this phone. @param {All} all @param {any} unit @returns {string|null} */
export function outcomeOf(all, unit) {
  const queued = waiting(all, unit.id)
    .filter((one) => one.kind === 'visit')
    .pop();
  return queued ? queued.body.outcome : unit.outcome;
}

/**
 * What is left to do with a unit: the same ranks as the server's list.
 * @param {All} all
 * @param {any} unit
 * @returns {Standing}
 */
export function standing(all, unit) {
  const queued = waiting(all, unit.id).filter((one) => one.kind === 'submission');
  const sent = unit.forms.filter((/** @type {any} */ form) => form.submission);
  const isBack = sent.some(
    (/** @type {any} */ form) =>
      ['returned', 'withdrawn'].includes(form.submission.state) && !queued.some((one) => one.form === form.form),
  );
  if (isBack) return 'returned';
  const outcome = outcomeOf(all, unit);
  const count = new Set([...sent, ...queued].map((one) => one.form)).size;
  if (all.words.nothing_to_fill.includes(outcome)) return 'done';
  if (outcome === null && (!count || count < unit.expected)) return 'unvisited';
  return count ? 'done' : 'begun';
}

/** A unit's chip on the list. @param {All} all @param {any} unit @param {Standing} rank @returns {[string, string]} */
export function chipOf(all, unit, rank) {
  const drafts = all.drafts.filter((draft) => draft.unit === unit.id);
  const queue = waiting(all, unit.id);
  const bad = queue.find((one) => one.state !== 'waiting');
  if (bad) return stateOfEntry(bad);
  if (drafts.length) {
    if (drafts.every((draft) => draft.is_done)) return ['blue', '✎ 填好，待签字'];
    const left = drafts.reduce((sum, draft) => sum + draft.counts.blank, 0);
    return ['blue', left ? `✎ 填报中，剩 ${left} 项必填` : '✎ 填报中'];
  }
  if (queue.length) return ['blue', `↑ 待传 ${queue.length}`];
  const outcome = outcomeOf(all, unit);
  if (rank === 'done' && all.words.nothing_to_fill.includes(outcome))
    return ['green', `✓ 已登记：${all.words.outcomes[/** @type {string} */ (outcome)]}`];
  if (
    rank === 'done' &&
    unit.forms.some((/** @type {any} */ form) => form.submission && form.submission.state === 'flagged')
  )
    return all.words.sent.flagged;
  return all.words.units[rank] || ['', ''];
}

/** @param {string} saved */
export function when(saved) {
  const date = new Date(saved);
  const day =
    date.toDateString() === new Date().toDateString() ? '今天' : `${date.getMonth() + 1} 月 ${date.getDate()} 日`;
  return `${day} ${date.toTimeString().slice(0, 5)}`;
}

/** The unit that the address names. */
export const unitOfAddress = () => (/\/units\/([0-9a-f-]{36})/.exec(location.pathname) || ['', ''])[1];
