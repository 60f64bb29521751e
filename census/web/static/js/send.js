// Sends what a respondent signed: the signature, the visit, then the unit's forms in one batch. What is about to be
// sent is kept first, with its ids, so that a retry after a lost answer sends the very same.

import { api, session, upload } from './api.js';
import { asked } from './answers.js';
import { digest, isGenuine, newId } from './canonical.js';
import * as store from './store.js';

/** @typedef {{draft: any, checks: any, title: string}} Ready a draft whose checks are clean */

/** A draft as it leaves: without what is not asked, with the explanations that still stand. @param {Ready} ready */
export async function envelope(ready) {
  const { draft, checks } = ready;
  const answers = asked(draft.answers, checks.hidden);
  const explanations = checks.standing();
  return {
    id: draft.id, unit: draft.unit, form: draft.form, version: draft.version, revision: draft.revision, answers, explanations,
    files: photos(checks.rules, answers), digest: await digest(answers, explanations), device: navigator.userAgent.slice(0, 200),
  };
}

/** The SHA-256 of the photos among the answers. @param {any} rules @param {any} answers @returns {string[]} */
function photos(rules, answers) {
  const items = rules.items.filter((/** @type {any} */ item) => item.type === 'photo' || item.type === 'signature');
  const found = items.flatMap((/** @type {any} */ item) => (item.group ? (answers[item.group] || []).map((/** @type {any} */ row) => row[item.key]) : [answers[item.key]]));
  return [...new Set(found.filter((/** @type {any} */ value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)))];
}

/**
 * @param {string} unit @param {Ready[]} ready
 * @param {{name: string, how: string, png: Blob|null, visit: any, card: string}} signed
 * @returns {Promise<{draft: any, title: string, result: any, genuine: boolean}[]>}
 */
export async function send(unit, ready, signed) {
  const submissions = await Promise.all(ready.map(envelope));
  const now = new Date().toISOString();
  let visit = null;
  if (signed.how === 'paper') {
    const file = await upload(/** @type {Blob} */ (signed.png), 'signature.png');
    const over = submissions.map((one) => one.digest);
    const kept = signed.visit && signed.visit.outgoing;
    visit = kept && kept.signature.file === file && kept.signature.over.join() === over.join() ? kept : {
      id: newId(), unit, outcome: (signed.visit && signed.visit.outcome) || 'done', enumerators: signed.visit ? signed.visit.enumerators : [signed.card],
      started_at: (signed.visit && signed.visit.started_at) || now, finished_at: now, position: (signed.visit && signed.visit.position) || null,
      signature: { file, signed_name: signed.name, signed_at: now, over }, device: navigator.userAgent.slice(0, 200),
    };
    await store.put('visits', { ...signed.visit, unit, outgoing: visit });
    const [stored] = (await (await api('/visits', { method: 'POST', json: { visits: [visit] } })).json()).results;
    if (stored.status === 'refused') throw new Error(stored.message || '入户记录没有收。请核对两名普查员的证号。');
  }
  const confirmation = signed.how === 'paper' ? null : { name: signed.name, how: signed.how, at: now };
  const batch = submissions.map((one) => ({ ...one, visit: visit && visit.id, confirmation }));
  const { results } = await (await api('/submissions', { method: 'POST', json: { submissions: batch } })).json();
  return acknowledge(ready, submissions, results);
}

/** Believe a receipt only when its code is right; only then is a draft marked as sent. @param {Ready[]} ready @param {any[]} sent @param {any[]} results */
async function acknowledge(ready, sent, results) {
  const { receipt_key: key } = await session();
  /** @type {any[]} */
  const [receipts, drafts] = [[], []];
  const told = await Promise.all(results.map(async (/** @type {any} */ result, /** @type {number} */ index) => {
    const { draft, title } = ready[index];
    const received = result.status === 'stored' || result.status === 'repeat';
    const genuine = received && result.receipt.digest === sent[index].digest && await isGenuine(result.receipt, key);
    if (genuine) {
      receipts.push({ ...result.receipt, unit: draft.unit, form: draft.form, title });
      drafts.push({ ...draft, answers: sent[index].answers, explanations: sent[index].explanations, state: 'sent', receipt: result.receipt.number });
    }
    return { draft, title, result, genuine };
  }));
  await store.keepReceipts(receipts, drafts);
  return told;
}
