// The controller of a form page: one section shown at a time, autosave, checks while typing. The markup is the
// server's; the address's fragment says which unit, section and row, so that the page itself holds no data.

import * as store from '../keep/store.js';
import { Refused, page as getJson } from '../keep/api.js';
import { setAt, valueAt } from '../../shared/answers.js';
import { Checks, boundaryOf } from './checks.js';
import { Saver, openDraft, relatedAnswers, unitInfo } from './draft.js';
import { drawReturned, drawSame, last } from './before.js';
import { controls, dress, read, readBack, write } from './fields.js';
import { dueHere } from './due.js';
import { Rows, makeReady } from './rows.js';
import { form, host, keysOf, sectionOf, sections } from './sections.js';
import { drawSums } from './sums.js';
import { Overview, short } from './overview.js';
import { walk } from './walk.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const MANY_ROWS = 20; // sealing and writing so many at every key would hold up the next one
const PAUSE_MS = 400;

class FormPage {
  /** @param {any} info @param {any} definition @param {import('./draft.js').Draft} draft @param {any} related */
  constructor(info, definition, draft, related) {
    this.info = info;
    this.definition = definition;
    this.draft = draft;
    this.lists = new Map();
    const codes = (/** @type {string} */ name) => this.lists.get(name) || null;
    this.checks = new Checks(definition.rules, draft, {
      related,
      baseline: info.baseline,
      codes,
      boundary: boundaryOf(definition),
    });
    if (draft.revision > 1 && !draft.seen.length) draft.seen = sections.map((one) => one.dataset.page || '');
    /** Where somebody has been: paths of items, and of whole rows. @type {Set<string>} */
    this.touched = new Set(draft.touched);
    /** @type {[HTMLElement, string][]} the blocks on the page in front, with their paths */
    this.places = [];
    /** @type {HTMLElement[]} the sections of a row */
    this.parts = [];
    this.saver = new Saver(draft, (problem) => this.tellSaved(problem));
    this.later = 0;
    addEventListener('pagehide', () => {
      if (this.later) this.saver.soon();
    });
    makeReady(draft.answers);
    this.checks.all();
    this.known = info.forms.find((/** @type {any} */ one) => one.form === draft.form) || {};
    this.rows = new Rows(this);
    this.overview = new Overview(this);
    this.section = sections[0];
    /** @type {number|null} */
    this.row = null;
    form.addEventListener('input', (/** @type {Event} */ event) => this.typed(event));
    form.addEventListener('focusin', (/** @type {Event} */ event) => this.entered(event));
    form.addEventListener('focusout', (/** @type {Event} */ event) => this.left(event));
    form.addEventListener('paste', (/** @type {Event} */ event) => this.pasted(/** @type {ClipboardEvent} */ (event)));
    form.addEventListener('click', (/** @type {Event} */ event) => this.clicked(event));
    form.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => walk(event, this.section, the('forward')));
    form.addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
    the('forward').addEventListener('click', () => this.forward());
    the('back').addEventListener('click', () => this.backward());
    addEventListener('hashchange', () => this.follow());
    the('unit-name').textContent = `‹ ${info.name}`;
    the('unit-name').href = `/collect/units/${info.id}`;
    if (draft.saved_at) this.tellSaved(null);
  }

  get key() {
    return this.section.dataset.page || '';
  }

  get group() {
    return this.section.dataset.group || '';
  }

  /** Pages that are asked now. */
  get pages() {
    return sections.filter((one) => one.dataset.page !== 'summary' && this.isAsked(one));
  }

  /** @param {HTMLElement} section */
  isAsked(section) {
    const { group } = section.dataset;
    if (group) return !this.checks.hidden.has(`/${group}`);
    const keys = keysOf(section);
    return !keys.length || keys.some((key) => !this.checks.hidden.has(`/${key}`));
  }

  /** Note the blocks on the page in front. */
  place() {
    this.parts = /** @type {HTMLElement[]} */ ([...this.section.querySelectorAll('.part')]);
    this.places = [];
    if (this.group && this.row === null) return; // the list of rows: the fields of a row are out of sight
    const above = this.group ? `/${this.group}/${this.row}` : '';
    const blocks = /** @type {HTMLElement[]} */ ([...this.section.querySelectorAll('.item')]);
    this.places = blocks.map((block) => [block, `${above}/${block.dataset.key}`]);
  }

  /**
   * Whether a block still stands for a path: the next row may be in it by now.
   * @param {HTMLElement} block
   * @param {string} path
   */
  isHere(block, path) {
    return this.places.some(([one, place]) => one === block && place === path);
  }

  /** @param {Element|null} node @returns {[HTMLElement, string]|null} */
  blockOf(node) {
    const block = node && node.closest('.item');
    return this.places.find(([one]) => one === block) || null;
  }

  /** Show what the address names; without a name, where the work was left. */
  follow() {
    const asked = new URLSearchParams(location.hash.slice(1));
    this.leave();
    this.section = this.sectionFor(asked.get('page') || this.draft.page);
    this.row = this.rowFor(asked);
    this.show(asked.get('tab') || '');
    if (this.key !== 'summary') this.draft.page = this.key; // who comes back goes on filling
    this.draft.row = this.row;
    this.focusOn(asked.get('item') || (asked.get('page') ? '' : this.draft.item));
  }

  /** The page of a name; the first one where an answer has made it fall away. @param {string} name */
  sectionFor(name) {
    const isThere = (/** @type {HTMLElement} */ one) => name === 'summary' || this.isAsked(one);
    return sections.find((one) => one.dataset.page === name && isThere(one)) || this.pages[0];
  }

  /** The row in front; null for the list of rows, and outside groups. @param {URLSearchParams} asked */
  rowFor(asked) {
    const rows = this.draft.answers[this.group];
    if (!this.group || !Array.isArray(rows)) return null;
    const named = asked.get('row');
    if (named === null && asked.get('page')) return null; // a page without a row is its list
    const row = named === null ? this.draft.row : Number(named);
    return row !== null && row >= 0 && row < rows.length ? row : null; // it may have been deleted
  }

  /** Put section and row in front. @param {string} tab of the summary */
  show(tab) {
    sections.forEach((one) => {
      one.hidden = one !== this.section;
    });
    if (this.group) this.rows.show();
    this.place();
    if (this.key === 'summary') this.overview.drawSummary(tab);
    this.fill();
    this.draw();
  }

  /** Lead to an item; to the top where none is named, or it is not asked now. @param {string} item */
  focusOn(item) {
    const [block] = this.places.find(([one]) => one.dataset.key === item) || [null];
    const input = /** @type {HTMLElement|null} */ (block && block.querySelector('input:not([type=hidden]), button'));
    if (block && input) {
      input.focus({ preventScroll: true });
      block.scrollIntoView({ block: 'start' });
      return;
    }
    scrollTo(0, 0);
    the('heading').focus({ preventScroll: true });
  }

  /** @param {string} key @param {Record<string, any>} [more] */
  go(key, more = {}) {
    const parts = new URLSearchParams({ unit: this.info.id, page: key });
    for (const [name, value] of Object.entries(more))
      if (value !== null && value !== undefined) parts.set(name, String(value));
    if (`#${parts}` === location.hash) this.follow();
    else location.hash = String(parts);
  }

  /** Lead to the place of a path. @param {string} path */
  goTo(path) {
    const [first, row, key] = path.slice(1).split('/');
    const section = sectionOf(first);
    this.touched.add(path);
    if (section) this.go(section.dataset.page || '', section.dataset.group ? { row, item: key } : { item: first });
  }

  /** What was on the page is now answered for: its blanks may be named. */
  leave() {
    if (!this.key || this.key === 'summary' || !this.shown) return;
    if (!this.draft.seen.includes(this.key)) this.draft.seen.push(this.key);
    if (this.row !== null) this.touched.add(`/${this.group}/${this.row}`);
  }

  /** Put the answers into the page in front. */
  fill() {
    for (const [block, path] of this.places) {
      write(block, valueAt(this.draft.answers, path));
      drawReturned(this, block, path);
      drawSame(this, block, path);
      const input = controls(block)[0];
      if (input && input.dataset.codelist) this.suggest(block, path, input);
    }
    this.shown = true;
  }

  /** @param {Event} event */
  typed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const found = this.blockOf(target);
    if (target.matches('textarea') || !found) return;
    this.change(found[0], found[1], read(found[0]));
    if (target.matches('[type=radio], [type=checkbox]')) this.touch(found[1]);
  }

  /** @param {HTMLElement} block @param {string} path @param {any} answer */
  change(block, path, answer) {
    setAt(this.draft.answers, path, answer);
    const isHere = this.isHere(block, path);
    if (isHere) readBack(block, answer);
    const worked = this.checks.changed(path);
    if (worked.length)
      for (const [other, place] of this.places)
        if (worked.includes(place)) write(other, valueAt(this.draft.answers, place));
    if (isHere) drawSame(this, block, path);
    this.draw();
    this.changed();
  }

  /** The draft is not what was sent or finished any more. */
  changed() {
    this.draft.state = 'draft';
    this.draft.is_done = false;
    this.save();
  }

  save() {
    this.draft.counts = { .../** @type {any} */ (this.checks.tally().get('')) };
    this.draft.touched = [...this.touched];
    if (this.later) return; // soon enough, however long somebody goes on typing
    const isLong = Object.values(this.draft.answers).some((rows) => Array.isArray(rows) && rows.length > MANY_ROWS);
    if (!isLong) {
      this.saver.soon();
      return;
    }
    this.later = setTimeout(() => {
      this.later = 0;
      this.saver.soon();
    }, PAUSE_MS);
  }

  /** @param {Event} event */
  entered(event) {
    const found = this.blockOf(/** @type {Element} */ (event.target));
    if (!found || /** @type {Element} */ (event.target).matches('textarea')) return;
    this.draft.item = found[0].dataset.key || '';
  }

  /** @param {Event} event */
  left(event) {
    const found = this.blockOf(/** @type {Element} */ (event.target));
    if (!found) return;
    const [block, path] = found;
    const { relatedTarget: to } = /** @type {FocusEvent} */ (event);
    if (to instanceof Node && block.contains(to)) return; // only to another box of the same item
    dress(block);
    if (valueAt(this.draft.answers, path) !== undefined) this.touch(path);
  }

  /** @param {string} path */
  touch(path) {
    if (this.touched.has(path)) return;
    this.touched.add(path);
    this.draw();
  }

  /** @param {Event} event */
  async clicked(event) {
    const button = /** @type {Element} */ (event.target).closest('button');
    const found = button && this.blockOf(button);
    if (!button || !found) return;
    const [block, path] = found;
    if (button.matches('.same')) {
      const { value } = last(this, path);
      write(block, value);
      this.change(block, path, value);
      this.touch(path);
      /** @type {HTMLElement|null} */ (block.querySelector('input:not([type=hidden])'))?.focus({ preventScroll: true });
    } else if (button.matches('.only-js')) {
      const { use } = await import('../devices/devices.js');
      await use(this, button, block, path);
    }
  }

  /**
   * Degrees pasted as people have them, 113.3845 or 113°23′04″, fill all boxes; two of them both items.
   * @param {ClipboardEvent} event
   */
  async pasted(event) {
    const found = this.blockOf(/** @type {Element} */ (event.target));
    const text = event.clipboardData ? event.clipboardData.getData('text') : '';
    if (!found || !['dms', 'gps'].includes(found[0].dataset.kind || '') || !/[^0-9\s]/.test(text.trim())) return;
    event.preventDefault();
    (await import('../devices/devices.js')).paste(this, found[0], found[1], text);
  }

  /** Put an answer that a device or a list gave. @param {HTMLElement} block @param {string} path @param {any} answer */
  put(block, path, answer) {
    if (this.isHere(block, path)) write(block, answer);
    this.change(block, path, answer);
    this.touch(path);
  }

  /**
   * A long code list: its names are said, and suggested once somebody is there.
   * @param {HTMLElement} block
   * @param {string} path
   * @param {HTMLInputElement} input
   */
  async suggest(block, path, input) {
    const answer = valueAt(this.draft.answers, path);
    const named = answer !== undefined && (await import('./lists.js')).nameCode(this, block, input, answer);
    if (input.dataset.ready) return named;
    input.dataset.ready = 'true';
    input.addEventListener('focus', async () => (await import('./lists.js')).offer(this, block, input), { once: true });
    return named;
  }

  /** Everything that depends on the findings. */
  draw() {
    const { hidden } = this.checks;
    const due = dueHere(this);
    const places = [...due.keys()];
    for (const [block, path] of this.places) {
      if (block.hidden !== hidden.has(path)) block.hidden = hidden.has(path);
      this.overview.drawSaid(block, path, due.get(path) || [], places);
    }
    for (const part of this.parts) part.hidden = !part.querySelector('.item:not([hidden])');
    if (this.group && this.row === null) this.rows.list();
    drawSums(this);
    this.overview.drawBar();
    the('forward').textContent = this.forwardWords();
    the('back').textContent = this.backWords();
    the('back').hidden = this.isFirst();
  }

  /** Where the main action leads. */
  forwardWords() {
    if (this.row !== null) return '填好了，回到列表';
    if (this.key === 'summary') return this.overview.lastWords();
    const following = this.following();
    return following ? `下一节：${short(following)}` : '核对这张表';
  }

  backWords() {
    if (this.row !== null) return '上一个';
    return this.key === 'summary' ? '继续填' : '上一节';
  }

  /** Whether nothing comes before what is in front. */
  isFirst() {
    if (this.row !== null) return this.row === 0;
    return this.key !== 'summary' && this.pages[0] === this.section;
  }

  following() {
    const { pages } = this;
    return pages[pages.indexOf(this.section) + 1] || null;
  }

  async forward() {
    if (this.key === 'summary') return this.overview.finish();
    this.leave();
    this.save();
    if (this.row !== null) return this.go(this.key);
    const following = this.following();
    return this.go(following ? following.dataset.page || '' : 'summary');
  }

  backward() {
    const { pages } = this;
    if (this.row !== null) return this.go(this.key, { row: this.row - 1 });
    if (this.key === 'summary') return this.go(pages[pages.length - 1].dataset.page || '');
    return this.go((pages[pages.indexOf(this.section) - 1] || pages[0]).dataset.page || '');
  }

  /** @param {Error|null} problem */
  tellSaved(problem) {
    const time = new Date(this.draft.saved_at).toTimeString().slice(0, 5);
    the('saved').textContent = problem ? '✕ 没有存上，请勿关闭' : `✓ ${time} 已存手机`;
    the('saved').classList.toggle('fresh', !problem);
  }
}

async function start() {
  const unit = new URLSearchParams(location.hash.slice(1)).get('unit');
  if (!unit || !store.account) {
    location.replace('/collect/');
    return;
  }
  try {
    const [info, definition] = await Promise.all([unitInfo(unit), getJson(host.dataset.definition)]);
    const [draft, related] = await Promise.all([
      openDraft(info, host.dataset.form),
      relatedAnswers(info, host.dataset.form),
    ]);
    const page = new FormPage(info, definition, draft, related);
    form.hidden = false;
    the('opening').hidden = true;
    page.follow();
    store.persist();
  } catch (problem) {
    the('opening').textContent =
      problem instanceof Refused ? problem.message : '这张表没有打开。请回到我的单位，再打开一次。';
    if (problem instanceof Refused && problem.status === 401) location.assign('/sign-in');
    else if (!(problem instanceof Refused)) throw problem;
  }
}

start();
