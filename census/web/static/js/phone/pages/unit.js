// The page of one unit, drawn from the phone: what the register knows, the visit, the forms, what came back, and the
// way on.

import { unitInfo } from '../form/draft.js';
import { Refused, api } from '../keep/api.js';
import { everything, outcomeOf, stateOfForm, unitOfAddress, waiting } from '../keep/known.js';
import { only } from '../keep/pack.js';
import { needs, openDrafts } from '../keep/unsent.js';
import { leadOn } from '../devices/nearest.js';
import * as store from '../keep/store.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const unit = unitOfAddress();

async function draw() {
  const [info, visit] = await Promise.all([unitInfo(unit), store.get('visits', unit)]);
  const open = (await openDrafts(info)).map((one) => one.draft);
  const all = await everything();
  all.drafts = [...all.drafts.filter((draft) => draft.unit !== unit), ...open];
  const queued = (await store.draftsOf(unit)).filter((draft) => draft.state === 'queued');
  const owed = needs(info, [...queued, ...open]);
  document.title = `${info.name} · 污染源普查`;
  the('name').textContent = info.name;
  the('kind').textContent = all.words.kinds[info.kind] || '';
  drawFacts(info, visit, all);
  drawForms(info, all, owed);
  lead(info, open, visit, owed, all);
}

/** @param {any} info @param {any} visit @param {any} all */
function drawFacts(info, visit, all) {
  const facts = the('facts');
  const fact = (/** @type {string} */ key, /** @type {string} */ words) => {
    const place = facts.querySelector(`[data-fact="${key}"]`);
    place.textContent = words;
    place.hidden = !words;
    place.previousElementSibling.hidden = !words;
  };
  fact('address', info.address || '未登记');
  fact('credit_code', info.credit_code || '');
  fact('contact', info.baseline.contact_person || '');
  if (info.baseline.contact_phone) {
    const call = document.createElement('a');
    call.href = `tel:${info.baseline.contact_phone}`;
    call.textContent = info.baseline.contact_phone;
    facts.querySelector('[data-fact="contact"]').append(' ', call);
  }
  fact('source', info.source === 'found' ? '实地发现' : '名录');
  fact('visited', visitedWords(all, info, visit));
  the('route').hidden = info.lon === null;
  if (info.lon !== null) the('route').querySelector('a').href = `geo:${info.lat},${info.lon}?q=${info.lat},${info.lon}`;
}

/** @param {any} all @param {any} info @param {any} visit the one that stands on this phone */
function visitedWords(all, info, visit) {
  if (visit && !visit.outgoing) return `${all.words.outcomes[visit.outcome]}，待签字提交`;
  const outcome = outcomeOf(all, info);
  return outcome ? all.words.outcomes[outcome] : '还没有登记';
}

/**
 * How far a form is, in small: the nearest to the finger wins.
 * @param {any} form
 * @param {any} draft
 * @param {any} entry what waits to be sent of it
 * @param {string|undefined} need
 */
function smallWords(form, draft, entry, need) {
  if (draft && !draft.saved_at) return '';
  if (draft) return `${new Date(draft.saved_at).toTimeString().slice(0, 5)} 已存手机`;
  if (entry) return entry.problem || '已签字，联网后自动上传';
  if (form.submission) return `第 ${form.submission.revision} 版`;
  if (need === 'must') return '必填';
  return need === 'may' ? '视前面的回答而定' : '按前面的回答不用填';
}

/** @param {any} info @param {any} all @param {Map<string, string>} owed */
function drawForms(info, all, owed) {
  const list = the('forms');
  const lines = info.forms.map((/** @type {any} */ form) => {
    const line =
      list.querySelector(`[data-form="${form.form}"]`) ||
      the('form-template').content.cloneNode(true).firstElementChild;
    const draft = all.drafts.find((/** @type {any} */ one) => one.unit === info.id && one.form === form.form);
    const entry = waiting(all, info.id).find((/** @type {any} */ one) => one.form === form.form);
    const need = owed.get(form.form);
    line.dataset.form = form.form;
    line.hidden = need === 'must_not' && !draft && !entry && !form.submission;
    line.querySelector('a.to').href =
      form.may_be_filled || entry ? `${form.blank}#unit=${info.id}` : `/collect/units/${info.id}/forms/${form.form}`;
    line.querySelector('.name').textContent = `${form.form === 'scattered' ? '' : form.form} ${form.title}`.trim();
    line.querySelector('.need').textContent = smallWords(form, draft, entry, need);
    const [colour, words] = stateOfForm(all, info, form, need);
    line.querySelector('.chip').className = `chip ${colour}`;
    line.querySelector('.chip').textContent = words;
    drawBack(line, form, Boolean(draft || entry));
    return line;
  });
  lines.forEach((/** @type {Element} */ line, /** @type {number} */ index) => {
    if (list.children[index] !== line) list.insertBefore(line, list.children[index] || null);
  });
  while (list.children.length > lines.length) list.lastElementChild.remove();
  the('no-forms').hidden = Boolean(lines.length);
}

/** What came back and why; taking back what was sent. @param {any} line @param {any} form @param {boolean} isBusy */
function drawBack(line, form, isBusy) {
  line.querySelectorAll('.said, form.after').forEach((/** @type {Element} */ old) => old.remove());
  const sent = form.submission;
  if (sent && sent.state === 'returned') {
    const said = the('said-template').content.cloneNode(true).firstElementChild;
    said.querySelector('p').textContent = `${sent.by}退回${sent.note ? `：${sent.note}` : ''}`;
    for (const item of sent.items) {
      const point = document.createElement('li');
      const name = document.createElement('b');
      name.textContent = item.name;
      point.append(name, `：${item.text || '请核对'}`);
      said.querySelector('ul').append(point);
    }
    line.append(said);
  }
  if (!sent || !sent.may_be_withdrawn || isBusy) return;
  const back = the('withdraw-template').content.cloneNode(true).firstElementChild;
  const button = back.querySelector('button');
  const unseen = document.createElement('span');
  unseen.className = 'unseen';
  unseen.textContent = ` ${form.form}`;
  button.append('撤回', unseen);
  back.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    withdraw(sent);
  });
  line.append(back);
}

/** @param {any} sent */
async function withdraw(sent) {
  try {
    await api(`/submissions/${sent.id}/decisions`, {
      method: 'POST',
      json: { outcome: 'withdraw', note: '', items: [], expected_revision: sent.revision },
    });
    say('green', '✓', '已撤回。改好后再签字提交。');
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    say('amber', '!', problem.message);
  }
  await only([unit]).catch(() => undefined);
  await draw();
}

/** @param {string} colour @param {string} sign @param {string} words */
function say(colour, sign, words) {
  const note = document.createElement('p');
  note.className = `notice ${colour}`;
  note.setAttribute('role', 'status');
  note.textContent = `${sign} ${words}`;
  the('messages').textContent = '';
  the('messages').append(note);
}

/**
 * The one main action: the visit, the next form, or signing.
 * @param {any} info
 * @param {any[]} open
 * @param {any} visit
 * @param {Map<string, string>} owed
 * @param {any} all
 */
function lead(info, open, visit, owed, all) {
  const step = the('next-step');
  const drafts = new Map(open.map((draft) => [draft.form, draft]));
  const queued = new Set(waiting(all, info.id).map((one) => one.form));
  const isVisited = Boolean(visit || outcomeOf(all, info));
  the('visit-link').hidden = !isVisited;
  the('visit-link').href = `/collect/units/${unit}/visit`;
  const unfinished = info.forms.find((/** @type {any} */ form) => {
    const draft = drafts.get(form.form);
    if (draft) return !draft.is_done;
    if (queued.has(form.form)) return false;
    return form.submission ? ['returned', 'withdrawn'].includes(form.submission.state) : owed.get(form.form) === 'must';
  });
  if (!isVisited) {
    step.textContent = '开始入户';
    step.href = `/collect/units/${unit}/visit`;
  } else if (unfinished) {
    step.textContent = `填 ${unfinished.form === 'scattered' ? '登记表' : unfinished.form}`;
    step.href = `${unfinished.blank}#unit=${unit}`;
  } else if (open.length) {
    step.textContent = '核对并签字';
    step.href = `/collect/units/${unit}/finish`;
  } else {
    leadOn(step, info);
  }
}

async function start() {
  if (!store.account) {
    location.replace('/collect/?fresh=1');
    return;
  }
  addEventListener('census:sent', renew);
  addEventListener('pageshow', (event) => {
    if (event.persisted) draw();
  });
  await renew();
}

/**
 * Draw what the phone has, then what the server knows by now: a place found on the way gets its forms once its visit is
 * there.
 */
async function renew() {
  await draw();
  try {
    await only([unit]);
    await draw();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem; // offline, or the sign-in is over: what the phone has stands
  }
}

start().catch((problem) => {
  if (!(problem instanceof Refused)) throw problem;
  say('amber', '!', problem.status ? problem.message : '这一户还没有下载到手机。请到有网络的地方打开一次。');
});
