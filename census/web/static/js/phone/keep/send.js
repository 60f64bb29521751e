// What a respondent signed goes into the outbox: the signature, the visit and the unit's forms, in one transaction with
// their drafts. From then on nothing of it changes, so that a retry after a lost answer sends the very same.

import { asked, valueAt } from '../../shared/answers.js';
import { digest, newId, sha256 } from '../../shared/canonical.js';
import * as store from './store.js';

/** @typedef {{draft: any, checks: any, title: string}} Ready a draft whose checks are clean */

/** A draft as it leaves: without what is not asked, with the explanations that still stand. @param {Ready} ready */
export async function envelope(ready) {
  const { draft, checks } = ready;
  const answers = asked(draft.answers, checks.hidden);
  const explanations = checks.standing();
  return {
    id: draft.id,
    unit: draft.unit,
    form: draft.form,
    version: draft.version,
    revision: draft.revision,
    answers,
    explanations,
    files: photos(checks.rules, answers),
    points: points(draft.points, answers),
    digest: await digest(answers, explanations),
    device: navigator.userAgent.slice(0, 200),
  };
}

/**
 * The number that somebody shows at the door: of the card, else the user name.
 * @param {any} account what the phone knows of it; nothing before the first list is here
 */
export const cardOf = (account) =>
  (account && (account.card || account.username)) || store.account.replace(/^\w+:/, '');

/**
 * Where the device was and where the map was tapped, of the positions that are sent.
 * @param {Record<string, import('../devices/devices.js').Points>|undefined} kept
 * @param {any} answers
 */
function points(kept, answers) {
  return Object.entries(kept || {})
    .filter(([path]) => valueAt(answers, path) !== undefined)
    .map(([path, { device, map }]) => ({ path, device: pointTold(device), map: pointTold(map) }));
}

/** @param {import('../devices/position.js').Fix|import('../devices/devices.js').Tap|undefined} point */
function pointTold(point) {
  if (!point) return null;
  return {
    lon: Number(point.lon),
    lat: Number(point.lat),
    accuracy_m: 'accuracy_m' in point ? Number(point.accuracy_m) : null, // a tap on the map has none
    at: point.at,
  };
}

/** The SHA-256 of the photos among the answers. @param {any} rules @param {any} answers @returns {string[]} */
function photos(rules, answers) {
  const items = rules.items.filter((/** @type {any} */ item) => item.type === 'photo' || item.type === 'signature');
  const found = items.flatMap((/** @type {any} */ item) =>
    item.group ? (answers[item.group] || []).map((/** @type {any} */ row) => row[item.key]) : [answers[item.key]],
  );
  return [
    ...new Set(found.filter((/** @type {any} */ value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value))),
  ];
}

/**
 * @param {string} kind
 * @param {string} id
 * @param {any} body
 * @param {string} title
 * @returns {import('./outbox.js').Entry}
 */
export const entry = (kind, id, body, title) => ({
  id,
  kind: /** @type {any} */ (kind),
  unit: body.unit || (body.new_unit && body.new_unit.id),
  form: body.form,
  title,
  body,
  state: 'waiting',
  tries: 0,
  next_at: 0,
  at: new Date().toISOString(),
});

/**
 * @param {any} info the unit @param {Ready[]} ready
 * @param {{name: string, how: string, png: Blob|null, visit: any, card: string}} signed
 * @returns {Promise<string[]>} ids of the records' entries in the outbox
 */
export async function enqueue(info, ready, signed) {
  const unit = info.id;
  const submissions = await Promise.all(ready.map(envelope));
  const now = new Date().toISOString();
  /** @type {store.Change[]} */
  const changes = [];
  let visit = null;
  if (signed.how === 'paper' && signed.png) {
    const bytes = await signed.png.arrayBuffer();
    const file = await sha256(bytes);
    changes.push(
      { store: 'files', put: { sha256: file, bytes } },
      {
        store: 'uploads',
        put: {
          sha256: file,
          name: 'signature.png',
          type: 'image/png',
          size: bytes.byteLength,
          state: 'waiting',
          tries: 0,
          next_at: 0,
          at: now,
        },
      },
    );
    visit = {
      id: newId(),
      unit,
      outcome: (signed.visit && signed.visit.outcome) || 'done',
      enumerators: signed.visit ? signed.visit.enumerators : [signed.card],
      started_at: (signed.visit && signed.visit.started_at) || now,
      finished_at: now,
      position: (signed.visit && signed.visit.position) || null,
      signature: { file, signed_name: signed.name, signed_at: now, over: submissions.map((one) => one.digest) },
      device: navigator.userAgent.slice(0, 200),
    };
    changes.push(
      { store: 'outbox', put: entry('visit', `visit ${visit.id}`, visit, `${info.name} 入户记录`) },
      { store: 'visits', put: { ...signed.visit, unit, outgoing: visit.id } },
    );
  }
  const confirmation = signed.how === 'paper' ? null : { name: signed.name, how: signed.how, at: now };
  const ids = submissions.map((one, index) => {
    const id = `${one.id}/${one.revision}`;
    changes.push(
      {
        store: 'outbox',
        put: entry(
          'submission',
          id,
          { ...one, visit: visit && visit.id, confirmation },
          `${info.name} ${ready[index].title}`,
        ),
      },
      {
        store: 'drafts',
        put: { ...ready[index].draft, answers: one.answers, explanations: one.explanations, state: 'queued' },
      },
    );
    return id;
  });
  await store.commit(changes);
  dispatchEvent(new Event('census:waiting'));
  return ids;
}
