// The controller of a form page: one section shown at a time, autosave, checks while typing. The markup is the
// server's; the address's fragment says which unit, section and row, so that the page itself holds no data.

import * as store from '../keep/store.js';
import { Refused, page as getJson } from '../keep/api.js';
import { setAt, valueAt } from '../../shared/answers.js';
import { Checks, boundaryOf } from './checks.js';
import { Saver, openDraft, relatedAnswers, unitInfo } from './draft.js';
import { controls, dress, read, readBack, reader, write } from './fields.js';
import { Rows } from './rows.js';
import { drawSums } from './sums.js';
import { Overview, short } from './overview.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const host = the('form');
const form = host.querySelector('form');
const sections = /** @type {HTMLElement[]} */ ([...form.querySelectorAll('section[data-page]')]);

const MANY_ROWS = 20; // sealing and writing so many at every key would hold up the next one
const PAUSE_MS = 400;

/** @type {Map<HTMLElement, string[]>} */
const keysIn = new Map(
  sections.map((section) => [
    section,
    section.dataset.group
      ? [section.dataset.group]
      : [...section.querySelectorAll('.item')].map((block) => /** @type {HTMLElement} */ (block).dataset.key || ''),
  ]),
);

/** The items that a section asks for, or its group. @param {HTMLElement} section */
const keysOf = (section) => keysIn.get(section) || [];

/** Item outside rows, or group → the section it stands in. @type {Map<string, HTMLElement>} */
const sectionOf = new Map(
  sections.flatMap((section) => keysOf(section).map((key) => /** @type {[string, HTMLElement]} */ ([key, section]))),
);

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
    this.prepare();
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
    form.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.keyed(event));
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

  /** Ready-made rows: one for each code of their list, in its order. */
  prepare() {
    for (const section of sections) {
      const { group, preset } = section.dataset;
      if (!group || !preset) continue;
      const rows = Array.isArray(this.draft.answers[group]) ? this.draft.answers[group] : [];
      const codes = [...section.querySelectorAll('.names [data-code]')].map(
        (name) => /** @type {HTMLElement} */ (name).dataset.code,
      );
      const others = rows.filter((/** @type {any} */ row) => !codes.includes(row[preset]));
      this.draft.answers[group] = [
        ...codes.map((code) => rows.find((/** @type {any} */ row) => row[preset] === code) || { [preset]: code }),
        ...others,
      ];
    }
    this.checks.all();
  }

  /** @param {HTMLElement} section */
  keysOf(section) {
    return keysOf(section);
  }

  /**
   * The label of an item, in a row of a group or outside.
   * @param {string} group
   * @param {string} key
   * @returns {Element|null}
   */
  labelOf(group, key) {
    const section = sectionOf.get(group || key);
    const template = group && section && section.querySelector('template[data-row]');
    const place = template ? /** @type {HTMLTemplateElement} */ (template).content : section;
    const block = place && place.querySelector(`.item[data-key="${key}"]`);
    return block ? block.querySelector('.label, legend') : null;
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
    const inRow = this.group && this.row !== null;
    const blocks = /** @type {HTMLElement[]} */ (
      this.group && !inRow ? [] : [...this.section.querySelectorAll('.item')]
    );
    this.parts = /** @type {HTMLElement[]} */ ([...this.section.querySelectorAll('.part')]);
    this.places = blocks.map((block) => [
      block,
      inRow ? `/${this.group}/${this.row}/${block.dataset.key}` : `/${block.dataset.key}`,
    ]);
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
    const wanted = asked.get('page') || this.draft.page;
    this.leave();
    this.section =
      sections.find((one) => one.dataset.page === wanted && (wanted === 'summary' || this.isAsked(one))) ||
      this.pages[0];
    const rows = this.draft.answers[this.group];
    const row = asked.get('row') !== null ? Number(asked.get('row')) : !asked.get('page') ? this.draft.row : null;
    this.row = this.group && Array.isArray(rows) && row !== null && row >= 0 && row < rows.length ? row : null;
    sections.forEach((one) => {
      one.hidden = one !== this.section;
    });
    if (this.group) this.rows.show();
    this.place();
    if (this.key === 'summary') this.overview.drawSummary(asked.get('tab') || '');
    this.fill();
    this.draw();
    this.draft.page = this.key === 'summary' ? this.draft.page : this.key;
    this.draft.row = this.row;
    const item = asked.get('item') || (asked.get('page') ? '' : this.draft.item);
    const target = item && this.places.find(([block]) => block.dataset.key === item);
    const input =
      target && /** @type {HTMLElement | null} */ (target[0].querySelector('input:not([type=hidden]), button'));
    if (target && input) {
      input.focus({ preventScroll: true });
      /** @type {HTMLElement} */ (target[0]).scrollIntoView({ block: 'start' });
    } else {
      scrollTo(0, 0);
      the('heading').focus({ preventScroll: true });
    }
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
    const section = sectionOf.get(first);
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
      this.drawReturned(block, path);
      this.drawSame(block, path);
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
    if (isHere) this.drawSame(block, path);
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
    if (isLong)
      this.later = setTimeout(() => {
        this.later = 0;
        this.saver.soon();
      }, PAUSE_MS);
    else this.saver.soon();
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
    if (
      !found ||
      found[0].contains(
        /** @type {FocusEvent} */ (event).relatedTarget instanceof Node
          ? /** @type {any} */ (event).relatedTarget
          : null,
      )
    )
      return;
    dress(found[0]);
    if (valueAt(this.draft.answers, found[1]) !== undefined) this.touch(found[1]);
  }

  /** @param {string} path */
  touch(path) {
    if (this.touched.has(path)) return;
    this.touched.add(path);
    this.draw();
  }

  /** Enter leads to the next box, after the last to the main action. @param {KeyboardEvent} event */
  keyed(event) {
    if (
      event.key !== 'Enter' ||
      event.defaultPrevented ||
      event.isComposing ||
      !(event.target instanceof HTMLInputElement)
    )
      return;
    event.preventDefault();
    const inputs = /** @type {HTMLInputElement[]} */ ([
      ...this.section.querySelectorAll('input:not([type=hidden]):not([readonly])'),
    ]).filter(
      (input) =>
        input.getClientRects().length &&
        (input.type !== 'radio' || input.checked || input === input.closest('ul')?.querySelector('input')),
    );
    const after = inputs.filter(
      (input) =>
        /** @type {Node} */ (event.target).compareDocumentPosition(input) & Node.DOCUMENT_POSITION_FOLLOWING &&
        (input.type !== 'radio' || input.name !== /** @type {HTMLInputElement} */ (event.target).name),
    );
    (after[0] || the('forward')).focus();
  }

  /** @param {Event} event */
  async clicked(event) {
    const button = /** @type {Element} */ (event.target).closest('button');
    const found = button && this.blockOf(button);
    if (!button || !found) return;
    const [block, path] = found;
    if (button.matches('.same')) {
      const last = this.last(path);
      write(block, last.value);
      this.change(block, path, last.value);
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

  /**
   * Tell whether a finding may be shown: somebody has been there.
   * @param {import('../../shared/rules.js').Finding} finding
   */
  isDue(finding) {
    const [first, row] = finding.path.slice(1).split('/');
    if (row === undefined) {
      const section = sectionOf.get(first);
      if (section && this.draft.seen.includes(section.dataset.page || '')) return true;
    } else if (this.touched.has(`/${first}/${row}`)) return true;
    return finding.paths.some((path) => this.touched.has(path));
  }

  /**
   * What is to be said on the page in front, by path.
   * @returns {Map<string, import('../../shared/rules.js').Finding[]>}
   */
  due() {
    /** @type {Map<string, import('../../shared/rules.js').Finding[]>} */
    const due = new Map(this.places.map(([, path]) => [path, []]));
    for (const finding of this.checks.findings) {
      const here = finding.paths.filter((path) => due.has(path));
      if (here.length && this.isDue(finding)) for (const path of here) due.get(path)?.push(finding);
    }
    return due;
  }

  /** Everything that depends on the findings. */
  draw() {
    const { hidden } = this.checks;
    const due = this.due();
    const places = [...due.keys()];
    for (const [block, path] of this.places) {
      if (block.hidden !== hidden.has(path)) block.hidden = hidden.has(path);
      this.overview.drawSaid(block, path, due.get(path) || [], places);
    }
    for (const part of this.parts) part.hidden = !part.querySelector('.item:not([hidden])');
    if (this.group && this.row === null) this.rows.list();
    drawSums(this);
    this.overview.drawBar();
    const following = this.following();
    the('forward').textContent =
      this.row !== null
        ? '填好了，回到列表'
        : this.key === 'summary'
          ? this.overview.lastWords()
          : following
            ? `下一节：${short(following)}`
            : '核对这张表';
    the('back').textContent = this.row !== null ? '上一个' : this.key === 'summary' ? '继续填' : '上一节';
    the('back').hidden = this.row !== null ? this.row === 0 : this.key !== 'summary' && this.pages[0] === this.section;
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

  /** @param {HTMLElement} block @param {string} path */
  drawReturned(block, path) {
    const items =
      (this.known.submission && this.known.submission.state === 'returned' && this.known.submission.items) || [];
    if (!items.length) return;
    block.querySelectorAll('.returned').forEach((one) => one.remove());
    const said = items.find((/** @type {any} */ one) => one.path === path);
    block.classList.toggle('came', Boolean(said));
    if (!said) return;
    const note = the('returned-template').content.cloneNode(true);
    note.querySelector('.words').textContent = said.text || '请核对';
    block.insertBefore(note, block.children[1]);
  }

  /**
   * What was answered before: in the row above, by the register, when the form was sent.
   * @param {string} path
   * @returns {{word: string, value: any}}
   */
  last(path) {
    const [group, row, key] = path.slice(1).split('/');
    if (key !== undefined)
      return {
        word: '上一行',
        value: Number(row) > 0 ? valueAt(this.draft.answers, `/${group}/${Number(row) - 1}/${key}`) : undefined,
      };
    const known = this.info.baseline[group];
    if (known !== undefined && known !== null) return { word: '名录', value: known };
    return { word: '上次填', value: this.known.submission ? valueAt(this.known.submission.answers, path) : undefined };
  }

  /**
   * Offer with one tap what was answered before, where it differs; in a row only what is blank.
   * @param {HTMLElement} block
   * @param {string} path
   */
  drawSame(block, path) {
    const { kind } = block.dataset;
    const { word, value } = this.last(path);
    const now = valueAt(this.draft.answers, path);
    const offered =
      value !== undefined &&
      value !== null &&
      kind !== 'photo' &&
      kind !== 'signature' &&
      !block.querySelector('[data-computed]') &&
      (word === '上一行' ? now === undefined : JSON.stringify(now) !== JSON.stringify(value));
    let button = block.querySelector('.same');
    if (!offered) {
      if (button) button.remove();
      return;
    }
    if (!button) {
      button = the('same-template').content.firstElementChild.cloneNode(true);
      block.insertBefore(/** @type {Element} */ (button), block.querySelector('.said'));
    }
    const words = `${word}：${reader(block)(value)}`;
    const place = /** @type {Element} */ (/** @type {Element} */ (button).firstElementChild);
    if (place.textContent !== words) place.textContent = words;
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
