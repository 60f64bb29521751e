// One form of one unit on this phone: opened from what was kept, from what the server has, or from what the program
// fills in by itself; every change is saved at once.

import '../keep/shell.js';
import * as store from '../keep/store.js';
import { Refused } from '../keep/api.js';
import { newId } from '../../shared/canonical.js';
import { known, only } from '../keep/pack.js';

/**
 * @typedef {object} Draft
 * @property {string} unit
 * @property {string} form
 * @property {string} version
 * @property {string} id
 * @property {number} revision
 * @property {any} answers
 * @property {{check: string, path: string, text: string}[]} explanations
 * @property {string[]} seen
 * @property {string[]} touched
 * @property {string} page
 * @property {number|null} row
 * @property {string} item
 * @property {'draft'|'queued'|'sent'|'discarded'} state
 * @property {string} saved_at
 * @property {{error: number, warning: number, blank: number}} counts
 * @property {boolean} is_done
 * @property {Record<string, import('../devices/devices.js').Points>} [points]
 */

/**
 * What is known of a unit: as the phone keeps it, else from the server.
 * @param {string} unit
 * @returns {Promise<any>}
 */
export async function unitInfo(unit) {
  const kept = await known(unit);
  if (kept) return kept;
  if (!(await only([unit])).length) throw new Refused(404, 'not_found', '没有找到，或不在您负责的区划内。');
  return known(unit);
}

/**
 * The draft to go on with: the one begun here, else the version after the last signed or sent, else the first.
 * @param {any} info
 * @param {string} form
 * @returns {Promise<Draft>}
 */
export async function openDraft(info, form) {
  const about = info.forms.find((/** @type {any} */ one) => one.form === form);
  const server = about && about.submission;
  const kept = await store.get('drafts', [info.id, form]);
  if (kept && kept.state === 'draft') return resumed(kept, server);
  const isOnItsWay = kept && kept.state !== 'discarded'; // signed here; the server need not have told of it yet
  const source = isOnItsWay && (!server || kept.revision >= server.revision) ? kept : server;
  return {
    ...blankDraft(info.id, form, about ? about.version : ''),
    ...(source ? after(source) : first(about)),
  };
}

/**
 * The draft somebody works on. Where another phone sent a version meanwhile, it becomes the one after that.
 * @param {Draft} draft
 * @param {any} server what the server has of the form
 * @returns {Draft}
 */
function resumed(draft, server) {
  if (!server || server.revision < draft.revision) return draft;
  return { ...draft, id: server.id, revision: server.revision + 1 };
}

/** The version after one that was signed or sent. @param {any} source */
const after = (source) => ({
  id: source.id,
  revision: source.revision + 1,
  answers: copy(source.answers),
  explanations: source.explanations.slice(),
  points: pointsOf(source),
});

/** The first version, with what the program fills in by itself. @param {any} about the form of this unit */
const first = (about) => ({
  id: newId(),
  revision: 1,
  answers: copy(about ? about.first : {}),
});

/** @param {any} value JSON, not to be shared with what the phone keeps */
const copy = (value) => JSON.parse(JSON.stringify(value));

/**
 * A draft that nobody has touched.
 * @param {string} unit
 * @param {string} form
 * @param {string} version of the form
 * @returns {Draft}
 */
function blankDraft(unit, form, version) {
  return {
    unit,
    form,
    version,
    id: '',
    revision: 1,
    answers: {},
    explanations: [],
    seen: [],
    touched: [],
    page: '',
    row: null,
    item: '',
    state: 'draft',
    saved_at: '',
    counts: { error: 0, warning: 0, blank: 0 },
    is_done: false,
    points: {},
  };
}

/**
 * Both points of each position, as the last version had them: by path in a draft, listed in what the server tells.
 * @param {any} source
 */
function pointsOf(source) {
  const points = source.points || {};
  if (!Array.isArray(points)) return copy(points);
  return Object.fromEntries(points.map(({ path, device, map }) => [path, bySource(device, map)]));
}

/** @param {any} device @param {any} map each null where there was no such point */
const bySource = (device, map) => ({
  ...(device && { device: { ...device, source: 'device' } }),
  ...(map && { map: { ...map, source: 'map' } }),
});

/** The answers of the unit's other forms as they stand on this phone. @param {any} info @param {string} form */
export async function relatedAnswers(info, form) {
  /** @type {Record<string, any>} */
  const related = {};
  for (const one of info.forms) if (one.form !== form && one.submission) related[one.form] = one.submission.answers;
  for (const draft of await store.draftsOf(info.id))
    if (draft.form !== form && draft.state !== 'discarded') related[draft.form] = draft.answers;
  return related;
}

/** Saves a draft at every change, one write after the other; `told` hears when it is on disk or why not. */
export class Saver {
  /** @param {Draft} draft @param {(problem: Error|null) => void} told */
  constructor(draft, told) {
    this.draft = draft;
    this.told = told;
    this.isDue = false;
    /** @type {Promise<void>|null} */
    this.saving = null;
  }

  soon() {
    this.isDue = true;
    if (!this.saving)
      this.saving = this.save().finally(() => {
        this.saving = null;
      });
  }

  async now() {
    this.soon();
    while (this.saving) await this.saving;
  }

  async save() {
    while (this.isDue) {
      this.isDue = false;
      this.draft.saved_at = new Date().toISOString();
      try {
        await store.put('drafts', this.draft);
        this.told(null);
      } catch (problem) {
        this.told(/** @type {Error} */ (problem));
        if (problem instanceof store.Full) (await import('./full.js')).show(() => this.soon());
        return;
      }
    }
  }
}
