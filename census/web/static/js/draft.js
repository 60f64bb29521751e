// One form of one unit on this phone: opened from what was kept, from what the server has, or from what the program
// fills in by itself; saved 300 ms after each change.

import * as store from './store.js';
import { page } from './api.js';
import { newId } from './canonical.js';

/** @typedef {{unit: string, form: string, version: string, id: string, revision: number, answers: any,
 *   explanations: {check: string, path: string, text: string}[], seen: string[], touched: string[], page: string, row: number|null,
 *   item: string, state: 'draft'|'sent', saved_at: string, counts: {error: number, warning: number, blank: number}, is_done: boolean}} Draft */

const PAUSE_MS = 300;

/** What is known of a unit: from the server, else as the phone kept it. @param {string} unit @returns {Promise<any>} */
export async function unitInfo(unit) {
  try {
    const fresh = await page(`/collect/units/${unit}/data`);
    await store.put('units', fresh);
    return fresh;
  } catch (refused) {
    const kept = await store.get('units', unit);
    if (kept && /** @type {any} */ (refused).isTemporary) return kept;
    throw refused;
  }
}

/** @param {any} info @param {string} form @returns {Promise<Draft>} */
export async function openDraft(info, form) {
  const known = info.forms.find((/** @type {any} */ one) => one.form === form);
  const server = known && known.submission;
  const kept = await store.get('drafts', [info.id, form]);
  if (kept && kept.state === 'draft') return server && server.revision >= kept.revision ? { ...kept, id: server.id, revision: server.revision + 1 } : kept;
  const source = server || kept;
  return {
    unit: info.id, form, version: known ? known.version : '', id: source ? source.id : newId(), revision: source ? source.revision + 1 : 1,
    answers: JSON.parse(JSON.stringify(source ? source.answers : known ? known.first : {})), explanations: source ? source.explanations.slice() : [],
    seen: [], touched: [], page: '', row: null, item: '', state: 'draft', saved_at: '', counts: { error: 0, warning: 0, blank: 0 }, is_done: false,
  };
}

/** The answers of the unit's other forms as they stand on this phone. @param {any} info @param {string} form */
export async function relatedAnswers(info, form) {
  /** @type {Record<string, any>} */
  const related = {};
  for (const one of info.forms) if (one.form !== form && one.submission) related[one.form] = one.submission.answers;
  for (const draft of await store.draftsOf(info.id)) if (draft.form !== form) related[draft.form] = draft.answers;
  return related;
}

/** Saves a draft soon after the last change; `told` hears when it is on disk or why not. */
export class Saver {
  /** @param {Draft} draft @param {(problem: Error|null) => void} told */
  constructor(draft, told) {
    this.draft = draft;
    this.told = told;
    this.timer = 0;
    addEventListener('pagehide', () => { if (this.timer) this.now(); });
    document.addEventListener('visibilitychange', () => { if (document.hidden && this.timer) this.now(); });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), PAUSE_MS);
  }

  async now() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.draft.saved_at = new Date().toISOString();
    try {
      await store.put('drafts', this.draft);
      this.told(null);
    } catch (problem) {
      this.told(/** @type {Error} */ (problem));
    }
  }
}
