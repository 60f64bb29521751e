// The drafts of one unit that are not sent, each with its checks asked anew: other forms may have changed since.

import { page as getJson } from './api.js';
import { Checks, boundaryOf } from '../form/checks.js';
import { relatedAnswers } from '../form/draft.js';
import { checkRecord } from '../../shared/rules.js';
import * as store from './store.js';

/** @param {any} info what is known of the unit */
export async function openDrafts(info) {
  const drafts = (await store.draftsOf(info.id)).filter((draft) => draft.state === 'draft');
  return Promise.all(
    drafts.map(async (draft) => {
      const known = info.forms.find((/** @type {any} */ one) => one.form === draft.form);
      const definition = await getJson(known.definition);
      const checks = new Checks(definition.rules, draft, {
        related: await relatedAnswers(info, draft.form),
        baseline: info.baseline,
        boundary: boundaryOf(definition),
      });
      const open = checks.open();
      draft.counts = { error: open.error.length, warning: open.warning.length, blank: open.blank.length };
      draft.is_done = draft.seen.includes('summary') && !(open.error.length + open.warning.length + open.blank.length);
      return { draft, known, checks, title: `${draft.form === 'scattered' ? '' : draft.form} ${known.title}`.trim() };
    }),
  );
}

/**
 * Which forms the unit must, may or must not fill, judging by what stands on this phone.
 * @param {any} info
 * @param {any[]} drafts
 * @returns {Map<string, 'must'|'may'|'must_not'>}
 */
export function needs(info, drafts) {
  /** @type {Record<string, any>} */
  const answers = {};
  for (const form of info.forms) if (form.submission) answers[form.form] = form.submission.answers;
  for (const draft of drafts) answers[draft.form] = draft.answers;
  return new Map(
    info.forms.map((/** @type {any} */ form) => {
      const [failed] = checkRecord(form.applies, {}, { related: answers });
      return [form.form, failed ? failed.check : form.need]; // what hangs on no answer here, the server has judged
    }),
  );
}
