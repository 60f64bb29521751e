// The page of one unit: what the phone knows on top of what the server drew, and the way on.

import { unitInfo } from './draft.js';
import { stateOf } from './draft_state.js';
import * as store from './store.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const { unit } = the('unit').dataset;
const OUTCOMES = { done: '正常入户', stopped: '全年停产', closed: '已关闭', moved: '已搬迁', refused: '拒绝调查', not_found: '查无此单位', duplicate: '重复登记' };

/** The form pages that work from the phone. @param {Element} link */
function toBlank(link) {
  const { blank } = /** @type {HTMLElement} */ (link).dataset;
  if (blank) /** @type {HTMLAnchorElement} */ (link).href = `${blank}#unit=${unit}`;
}

async function start() {
  document.querySelectorAll('[data-blank]').forEach(toBlank);
  const [info, drafts, visit] = await Promise.all([unitInfo(unit), store.draftsOf(unit), store.get('visits', unit)]);
  const open = drafts.filter((draft) => draft.state === 'draft');
  for (const draft of open) {
    const line = document.querySelector(`[data-form="${draft.form}"]`);
    const chip = line && line.querySelector('.chip');
    if (!chip) continue;
    const [colour, words] = stateOf(draft);
    chip.className = `chip ${colour}`;
    chip.textContent = words;
    const detail = line.querySelector('.need');
    if (detail && draft.saved_at) detail.textContent = `${new Date(draft.saved_at).toTimeString().slice(0, 5)} 已存手机`;
  }
  if (visit && !visit.outgoing) the('visited').textContent = `${OUTCOMES[/** @type {'done'} */ (visit.outcome)]}，待签字提交`;
  lead(info, open, visit);
}

/** The one main action: the visit, the next form, or signing. @param {any} info @param {any[]} open @param {any} visit */
function lead(info, open, visit) {
  const step = the('next-step');
  const drafts = new Map(open.map((draft) => [draft.form, draft]));
  const isVisited = Boolean(visit || info.outcome);
  const unfinished = info.forms.find((/** @type {any} */ form) => {
    const draft = drafts.get(form.form);
    if (draft) return !draft.is_done;
    return form.submission ? form.submission.state === 'returned' : form.need === 'must';
  });
  if (!isVisited) return;
  if (unfinished) {
    step.textContent = `填 ${unfinished.form === 'scattered' ? '登记表' : unfinished.form}`;
    step.href = `${unfinished.blank}#unit=${unit}`;
  } else if (open.length) {
    step.textContent = '核对并签字';
    step.href = `/collect/units/${unit}/finish`;
  } else {
    step.textContent = '下一户';
    step.href = '/collect/';
  }
}

start();
