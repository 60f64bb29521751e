// What waits to be sent: visits, records and photos, each with its own state, none in the way of another. An entry
// leaves "waiting" only by a receipt whose code is right; what was received stays on the phone for a week.

import { Refused, api, json, session } from './api.js';
import { digest, isGenuine } from '../../shared/canonical.js';
import * as store from './store.js';
import { note } from './synclog.js';
import { sendFile } from './tus.js';

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {'visit'|'submission'} kind
 * @property {string} unit
 * @property {string} [form]
 * @property {string} title
 * @property {any} body
 * @property {'waiting'|'received'|'refused'|'conflict'|'discarded'} state
 * @property {number} tries
 * @property {number} next_at
 * @property {string} [problem]
 * @property {string} [code]
 * @property {string} at
 * @property {any} [receipt]
 * @property {string} [received_at]
 * @property {any[]} [findings]
 * @property {string} [before]
 */

const BATCH = 20;
const BATCH_BYTES = 2_000_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;
const KEPT_MS = 7 * 86_400_000;
const CONFLICT = '另一部手机交了不同的内容，两份都留着，由普查指导员核对。';
const FAKE = '答复里的回执核对不上，不是普查服务器发的。手机里的数据没有动，稍后自动再传。';

/**
 * Later each time, and never all phones at once.
 * @param {number} tries
 * @param {number} [after] seconds that the server asked for
 */
export const wait = (tries, after = 0) =>
  Math.max(after * 1000, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12)) * (0.5 + Math.random()));

/** @param {any} one @returns {boolean} */
const isWaiting = (one) => one.state === 'waiting';

/** When something should be sent next; null when nothing waits. @returns {Promise<number|null>} */
export async function nextAt() {
  const all = [...(await store.all('outbox')), ...(await store.all('uploads'))].filter(isWaiting);
  return all.length ? Math.min(...all.map((one) => one.next_at)) : null;
}

/** Whoever wants it now, or a network that came back: do not wait any longer. @param {string} [id] only this one */
export async function hurry(id) {
  const later = (/** @type {any} */ one) =>
    isWaiting(one) && one.next_at > 0 && (!id || one.id === id || one.sha256 === id);
  await store.commit([
    ...(await store.all('outbox')).filter(later).map((one) => ({ store: 'outbox', put: { ...one, next_at: 0 } })),
    ...(await store.all('uploads')).filter(later).map((one) => ({ store: 'uploads', put: { ...one, next_at: 0 } })),
  ]);
}

/** Send everything that is due, one page of this phone at a time. @returns {Promise<void>} */
export async function sendDue() {
  if (!navigator.locks) return sendAll();
  return navigator.locks.request(`send ${store.account}`, { ifAvailable: true }, (lock) =>
    lock ? sendAll() : undefined,
  );
}

/** Tell every page of this phone, whichever page or worker sent: what was waiting may have arrived. */
function tell() {
  if (!('BroadcastChannel' in self)) {
    dispatchEvent(new Event('census:sent')); // an older browser: this page alone
    return;
  }
  const pages = new BroadcastChannel('census:sent');
  pages.postMessage(store.account);
  pages.close();
}

async function sendAll() {
  const due = (await store.all('outbox')).filter((one) => isWaiting(one) && one.next_at <= Date.now());
  await sendVisits(due.filter((one) => one.kind === 'visit'));
  const all = await store.all('outbox'); // with what the visits just sent let go
  const visits = new Map(all.filter((one) => one.kind === 'visit').map((one) => [one.body.id, one]));
  const forms = all.filter((one) => one.kind === 'submission' && isWaiting(one) && one.next_at <= Date.now());
  const visitOf = (/** @type {any} */ one) => visits.get(one.body.visit) || { state: 'received' };
  const held = forms.filter((one) => ['refused', 'conflict', 'discarded'].includes(visitOf(one).state));
  const heldBack = (/** @type {any} */ one) => ({
    ...one,
    next_at: Date.now() + LONGEST_WAIT_MS,
    problem: `入户登记没有收，表还没有传：${visitOf(one).problem || '登记被删了'}`,
  });
  await store.commit(held.map((one) => ({ store: 'outbox', put: heldBack(one) })));
  const free = forms.filter((one) => visitOf(one).state === 'received');
  for (const batch of batches(free)) await sendBatch(batch);
  await sendFiles();
  await prune();
  tell();
}

/** @param {Entry[]} entries @returns {Entry[][]} */
function batches(entries) {
  /** @type {Entry[][]} */
  const found = [];
  let size = 0;
  for (const entry of entries) {
    const bytes = JSON.stringify(entry.body).length;
    const last = found[found.length - 1];
    if (!last || last.length >= BATCH || size + bytes > BATCH_BYTES) {
      found.push([entry]);
      size = bytes;
    } else {
      last.push(entry);
      size += bytes;
    }
  }
  return found;
}

/** @param {Entry[]} entries */
async function sendVisits(entries) {
  for (const entry of entries) {
    await attempt([entry], async () => {
      const { results } = await json(await api('/visits', { method: 'POST', json: { visits: [entry.body] } }));
      const [result] = Array.isArray(results) ? results : [];
      if (!result || result.id !== entry.body.id) throw new Refused(0, 'portal', FAKE);
      if (result.status === 'stored' || result.status === 'repeat') await settled(entry, {});
      else await refused(entry, result);
    });
  }
}

/** One request for many; when the whole is refused, each alone, so that the bad one is found. @param {Entry[]} batch */
async function sendBatch(batch) {
  await attempt(batch, async () => {
    /** @type {any} */
    let answer;
    try {
      answer = await json(
        await api('/submissions', { method: 'POST', json: { submissions: batch.map((entry) => entry.body) } }),
      );
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (problem.isTemporary || problem.status === 401 || problem.status === 403) throw problem; // of no one entry
      if (batch.length > 1) {
        for (const entry of batch) await sendBatch([entry]);
        return;
      }
      await refused(batch[0], { status: 'refused', message: problem.message, reason: problem.code });
      return;
    }
    if (!Array.isArray(answer.results) || answer.results.length !== batch.length) throw new Refused(0, 'portal', FAKE);
    const { receipt_key: key } = await session();
    for (let index = 0; index < batch.length; index += 1) await acknowledge(batch[index], answer.results[index], key);
  });
}

/** Believe a receipt only when its code is right. @param {Entry} entry @param {any} result @param {string} key */
async function acknowledge(entry, result, key) {
  const { body } = entry;
  if (result.status !== 'stored' && result.status !== 'repeat') {
    await refused(entry, result);
    return;
  }
  const { receipt } = result;
  const names =
    receipt &&
    receipt.id === body.id &&
    receipt.revision === body.revision &&
    receipt.digest === (await digest(body.answers, body.explanations));
  if (!names || !(await isGenuine(receipt, key))) {
    await later([entry], new Refused(0, 'fake_receipt', FAKE));
    return;
  }
  await settled(entry, { receipt, findings: result.findings });
}

/**
 * Received: entry, receipt, draft and what is known of the unit change together.
 * @param {Entry} entry
 * @param {{receipt?: any, findings?: any[]}} more
 */
async function settled(entry, more) {
  const received = {
    ...entry,
    ...more,
    state: 'received',
    problem: '',
    received_at: new Date().toISOString(),
  };
  const unit = await store.get('units', entry.unit);
  const follows = entry.kind === 'submission' ? await afterForm(entry, more, unit) : await afterVisit(entry, unit);
  await store.commit([{ store: 'outbox', put: received }, ...follows]);
  const number = more.receipt ? `，回执 ${more.receipt.number}` : '';
  await note('✓', `${entry.title} 已收到${number}`);
}

/**
 * A form was received: its receipt is kept, its draft is done with, and the unit's page shows it as sent.
 * @param {Entry} entry
 * @param {{receipt?: any, findings?: any[]}} more
 * @param {any} unit as the phone keeps it; nothing where it is somebody else's by now
 * @returns {Promise<store.Change[]>}
 */
async function afterForm(entry, more, unit) {
  const { body } = entry;
  const receipt = {
    ...more.receipt,
    unit: entry.unit,
    form: entry.form,
    title: entry.title,
  };
  /** @type {store.Change[]} */
  const changes = [{ store: 'receipts', put: receipt }];
  const draft = await store.get('drafts', [entry.unit, entry.form || '']);
  // Only the draft that was signed: somebody may have begun the version after it.
  if (draft && draft.state === 'queued' && draft.id === body.id && draft.revision === body.revision)
    changes.push({ store: 'drafts', put: { ...draft, state: 'sent', receipt: more.receipt.number } });
  if (!unit) return changes;
  const now = await toldLater(body, more);
  const forms = unit.forms.map((/** @type {any} */ form) =>
    form.form === entry.form ? { ...form, submission: now } : form,
  );
  return [...changes, { store: 'units', put: { ...unit, forms } }];
}

/**
 * What the server will say of a form that it has just received, in the words of /collect/phone/units: the phone shows
 * it at once, and the next download puts the server's own in its place.
 * @param {any} body as it was sent
 * @param {{receipt?: any, findings?: any[]}} more
 */
async function toldLater(body, more) {
  const { words } = (await store.get('session', 'forms')) || { words: {} };
  const flagged = (more.findings || []).some((finding) => finding.severity === 'error' && finding.state === 'open');
  const state = flagged ? 'flagged' : 'submitted';
  return {
    id: body.id,
    revision: body.revision,
    state,
    answers: body.answers,
    explanations: body.explanations,
    points: body.points,
    digest: more.receipt.digest,
    may_be_withdrawn: (words.withdrawable || []).includes(state), // nobody can have opened it yet
    note: '',
    by: '',
    items: [],
  };
}

/**
 * A visit was received: what it held back need not wait any longer, and the unit shows its outcome.
 * @param {Entry} entry
 * @param {any} unit
 * @returns {Promise<store.Change[]>}
 */
async function afterVisit({ body }, unit) {
  const isHeld = (/** @type {any} */ one) => isWaiting(one) && one.body.visit === body.id && one.next_at > 0;
  const held = (await store.all('outbox')).filter(isHeld);
  /** @type {store.Change[]} */
  const changes = held.map((one) => ({ store: 'outbox', put: { ...one, next_at: 0, problem: '' } }));
  if (unit) changes.push({ store: 'units', put: { ...unit, outcome: body.outcome, last_cards: body.enumerators } });
  return changes;
}

/** A person has to look at it; the others go on. @param {Entry} entry @param {any} result */
async function refused(entry, result) {
  const isConflict = result.status === 'conflict';
  const problem = result.message || (isConflict ? CONFLICT : '服务器没有收这一份。');
  await store.put('outbox', {
    ...entry,
    state: isConflict ? 'conflict' : 'refused',
    problem,
    code: result.reason || '',
    received_at: isConflict ? new Date().toISOString() : undefined, // the server keeps both
  });
  await note('✕', `${entry.title} 没有收：${problem}`);
}

/**
 * Try to send; what failed for a while waits longer each time.
 * @param {Entry[]} entries
 * @param {() => Promise<void>} act
 */
async function attempt(entries, act) {
  try {
    await act();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    await later(entries, problem);
  }
}

/** @param {Entry[]} entries @param {Refused} problem */
async function later(entries, problem) {
  await store.commit(
    entries.map((entry) => ({
      store: 'outbox',
      put: {
        ...entry,
        tries: entry.tries + 1,
        next_at: Date.now() + wait(entry.tries, problem.after),
        problem: problem.message,
        code: problem.code,
      },
    })),
  );
  await note('…', `${entries.length} 份没有传上：${problem.message}`);
}

async function sendFiles() {
  const due = (await store.all('uploads')).filter((one) => isWaiting(one) && one.next_at <= Date.now());
  if (!due.length) return;
  for (const upload of due) {
    try {
      await store.put('uploads', { ...(await sendFile(upload)), problem: '' });
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      const known = await store.get('uploads', upload.sha256);
      // Who may send, and an upload that was cleared away or is under way, change by themselves.
      const isOver = !problem.isTemporary && ![401, 403, 404, 409, 410].includes(problem.status);
      await store.put('uploads', {
        ...known,
        state: isOver ? 'refused' : 'waiting',
        tries: known.tries + 1,
        next_at: Date.now() + wait(known.tries, problem.after),
        problem: problem.message,
      });
      await note('…', `照片没有传上：${problem.message}`);
      if (problem.status === 0) return; // no network: the others need not try
    }
  }
}

/**
 * What was received a week ago by this phone's clock and by the server's is no longer needed; records and receipts stay
 * readable.
 */
async function prune() {
  const isOld = (/** @type {any} */ one) =>
    one.state === 'received' &&
    Date.now() - Date.parse(one.received_at) > KEPT_MS &&
    Date.now() - Date.parse((one.receipt || {}).at || one.received_at) > KEPT_MS;
  await store.commit([
    ...(await store.all('outbox')).filter(isOld).map((one) => ({ store: 'outbox', remove: one.id })),
    ...(await store.all('uploads')).filter(isOld).flatMap((one) => [
      { store: 'uploads', remove: one.sha256 },
      { store: 'files', remove: one.sha256 },
    ]),
  ]);
}
