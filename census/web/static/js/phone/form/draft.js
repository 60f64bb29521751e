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

/** @param {any} info @param {string} form @returns {Promise<Draft>} */
export async function openDraft(info, form) {
  const about = info.forms.find((/** @type {any} */ one) => one.form === form);
  const server = about && about.submission;
  const kept = await store.get('drafts', [info.id, form]);
  if (kept && kept.state === 'draft')
    return server && server.revision >= kept.revision
      ? { ...kept, id: server.id, revision: server.revision + 1 }
      : kept;
  // on its way, and newer than what the server told
  const mine = kept && kept.state !== 'discarded' && (!server || kept.revision >= server.revision) ? kept : null;
  const source = mine || server;
  return {
    unit: info.id,
    form,
    version: about ? about.version : '',
    id: source ? source.id : newId(),
    revision: source ? source.revision + 1 : 1,
    answers: JSON.parse(JSON.stringify(source ? source.answers : about ? about.first : {})),
    explanations: source ? source.explanations.slice() : [],
    seen: [],
    touched: [],
    page: '',
    row: null,
    item: '',
    state: 'draft',
    saved_at: '',
    counts: { error: 0, warning: 0, blank: 0 },
    is_done: false,
    points: pointsOf(source),
  };
}

/**
 * Both points of each position, as the last version had them: by path in a draft, listed in what the server tells.
 * @param {any} source
 */
function pointsOf(source) {
  const points = (source && source.points) || {};
  return Array.isArray(points)
    ? Object.fromEntries(
        points.map(({ path, device, map }) => [
          path,
          {
            ...(device && { device: { ...device, source: 'device' } }),
            ...(map && { map: { ...map, source: 'map' } }),
          },
        ]),
      )
    : JSON.parse(JSON.stringify(points));
}

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
