// The page of one unit: what the phone knows on top of what the server drew, and the way on.

import { unitInfo } from './draft.js';
import { stateOf } from './draft_state.js';
import { needs, openDrafts } from './unsent.js';
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
  const [info, visit] = await Promise.all([unitInfo(unit), store.get('visits', unit)]);
  const open = (await openDrafts(info)).map((one) => one.draft);
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
  const owed = needs(info, open);
  drawNeeds(owed, new Set([...open, ...info.forms.filter((/** @type {any} */ form) => form.submission)].map((one) => one.form)));
  lead(info, open, visit, owed);
}

/** Forms not begun: must be, may be, need not be filled. @param {Map<string, string>} owed @param {Set<string>} begun */
function drawNeeds(owed, begun) {
  for (const line of document.querySelectorAll('#forms [data-form]')) {
    const form = /** @type {HTMLElement} */ (line).dataset.form || '';
    if (begun.has(form)) continue;
    const need = owed.get(form);
    const [chip, words] = [/** @type {HTMLElement} */ (line.querySelector('.chip')), line.querySelector('.need')];
    chip.textContent = need === 'must_not' ? '– 不用填' : '○ 未开始';
    if (words) words.textContent = need === 'must' ? '必填' : need === 'may' ? '视前面的回答而定' : '按前面的回答不用填';
  }
}

/** The one main action: the visit, the next form, or signing. @param {any} info @param {any[]} open @param {any} visit @param {Map<string, string>} owed */
function lead(info, open, visit, owed) {
  const step = the('next-step');
  const drafts = new Map(open.map((draft) => [draft.form, draft]));
  const isVisited = Boolean(visit || info.outcome);
  const unfinished = info.forms.find((/** @type {any} */ form) => {
    const draft = drafts.get(form.form);
    if (draft) return !draft.is_done;
    return form.submission ? ['returned', 'withdrawn'].includes(form.submission.state) : owed.get(form.form) === 'must';
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
