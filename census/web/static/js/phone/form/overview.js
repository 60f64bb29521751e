// What is said about a draft: messages under items, the strip and drawer of sections, the summary at the end.

import { keysOf, labelOf } from './sections.js';

/** @typedef {import('./checks.js').Counts} Counts */

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
/** @param {string} id @returns {any} */
const copy = (id) => the(id).content.cloneNode(true).firstElementChild;

const TABS = /** @type {const} */ (['error', 'warning', 'blank']);
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const MOST_LISTED = 50;
const NOTHING = { error: '没有错误。', warning: '没有要说明的。', blank: '必填的都填了。' };

/** A section's title without its official number and remarks. @param {HTMLElement} section */
export const short = (section) =>
  (section.dataset.title || '').replace(/^[一二三四五六七八九十]+、|（[^）]*共用）$/g, '');

/** Groups of a number stay on one line. @param {string} words */
const unbroken = (words) => words.replace(/\u2009/g, '\u2060\u2009\u2060');

export class Overview {
  /** @param {any} page the form's controller */
  constructor(page) {
    this.page = page;
    this.tab = 'error';
    the('open-drawer').addEventListener('click', () => this.openDrawer());
    the('close-drawer').addEventListener('click', () => the('drawer').close());
    for (const tab of TABS)
      the(`tab-${tab}`).addEventListener('click', () => {
        this.drawSummary(tab);
        the('found').focus();
      });
    document
      .querySelector('[role=tablist]')
      ?.addEventListener('keydown', (event) => this.turn(/** @type {KeyboardEvent} */ (event)));
  }

  line() {
    return copy('row-template');
  }

  /**
   * Messages under one block, rewritten only when they differ: a screen reader hears each once, a typed explanation
   * stays. One finding about several items is said in full at the first of them, and the others point there.
   * @param {HTMLElement} block
   * @param {string} path
   * @param {import('../../shared/rules.js').Finding[]} said
   * @param {string[]} [places] paths on this page
   */
  drawSaid(block, path, said, places = [path]) {
    const place = /** @type {HTMLElement} */ (block.querySelector('.said'));
    if (!said.length && !place.dataset.state) return;
    const errors = said.some((finding) => finding.severity === 'error');
    block.classList.toggle('bad', errors);
    block.classList.toggle('ask', !errors && said.length > 0);
    block
      .querySelectorAll('input[name]')
      .forEach((input) =>
        errors ? input.setAttribute('aria-invalid', 'true') : input.removeAttribute('aria-invalid'),
      );
    const state = said.map((finding) => `${finding.check} ${finding.path} ${finding.message}`).join('\n');
    if ((place.dataset.state || '') === state) return;
    const writing = place.contains(document.activeElement);
    if (writing && place.dataset.checks === said.map((finding) => finding.check).join()) return;
    place.dataset.state = state;
    place.dataset.checks = said.map((finding) => finding.check).join();
    place.textContent = '';
    for (const finding of said)
      place.append(this.message(finding, path, finding.paths.find((one) => places.includes(one)) || path));
  }

  /**
   * @param {import('../../shared/rules.js').Finding} finding
   * @param {string} path
   * @param {string} [spoken] where it is said in full
   */
  message(finding, path, spoken = path) {
    const { checks } = this.page;
    if (spoken !== path) {
      const pointer = document.createElement('p');
      pointer.className = `pointer ${finding.severity === 'error' ? 'red' : 'amber'}`;
      pointer.textContent = `${finding.severity === 'error' ? '✕' : '!'} 同“${this.place(spoken)}”下的说明`;
      return pointer;
    }
    const node = copy(finding.severity === 'error' ? 'error-template' : 'warning-template');
    node.querySelector('.words').textContent = unbroken(finding.message);
    const box = node.querySelector('textarea');
    if (!box) return node;
    if (finding.path !== path) {
      node.querySelector('.explain').remove();
      return node;
    }
    box.value = checks.explanation(finding);
    box.addEventListener('input', () => {
      checks.explain(finding, box.value);
      this.page.draft.state = 'draft';
      this.drawBar();
      this.page.save();
    });
    return node;
  }

  /** What there is to do in a section. @param {HTMLElement} section @returns {import('./checks.js').Counts} */
  counts(section) {
    const tally = this.page.checks.tally();
    const sum = { error: 0, warning: 0, blank: 0 };
    for (const key of keysOf(section)) {
      const found = tally.get(`/${key}`);
      if (found) for (const tab of TABS) sum[tab] += found[tab];
    }
    return sum;
  }

  /** How far a section is. @param {HTMLElement} section @returns {string} */
  state(section) {
    if (!this.page.draft.seen.includes(section.dataset.page)) return section === this.page.section ? 'doing' : '';
    const { error, warning, blank } = this.counts(section);
    if (error || blank) return 'bad';
    return warning ? 'ask' : 'good';
  }

  /** Heading, count and strip. */
  drawBar() {
    const { page } = this;
    const pages = page.pages;
    const place = pages.indexOf(page.section);
    const form = page.draft.form === 'scattered' ? '' : `${page.draft.form} `;
    const row =
      page.row === null ? '' : `（${page.rows.presetName(page.rows.all()[page.row]) || `第 ${page.row + 1} 个`}）`;
    the('heading').textContent = `${form}${page.key === 'summary' ? '核对' : short(page.section)}${row}`;
    the('count').textContent = place < 0 ? '' : `${place + 1} / ${pages.length}`;
    document.title = `${the('heading').textContent} · 污染源普查`;
    for (const mark of document.querySelectorAll('#strip li')) {
      const section = pages.find(
        (/** @type {HTMLElement} */ one) => one.dataset.page === /** @type {HTMLElement} */ (mark).dataset.page,
      );
      /** @type {HTMLElement} */ (mark).hidden = !section;
      mark.className = section ? this.state(section) : '';
      if (section === page.section) mark.setAttribute('aria-current', 'step');
      else mark.removeAttribute('aria-current');
    }
  }

  /** @param {HTMLElement} chip @param {Counts} counts @param {boolean} begun */
  chip(chip, counts, begun) {
    const [colour, words] = this.standing(counts, begun);
    chip.className = `chip ${colour}`;
    chip.textContent = words;
  }

  /** Colour and words of how far something is: the worst decides. @param {Counts} counts @param {boolean} begun */
  standing({ error, warning, blank }, begun) {
    if (!begun) return ['', '○ 未开始'];
    if (error) return ['red', `✕ ${error} 处错误`];
    if (blank) return ['blue', `✎ ${blank} 项未填`];
    if (warning) return ['amber', `! ${warning} 处待说明`];
    return ['green', '✓ 填好了'];
  }

  openDrawer() {
    const list = the('drawer').querySelector('.rows');
    list.textContent = '';
    for (const section of this.page.pages) {
      const line = this.line();
      const link = line.querySelector('a');
      link.href = `#${new URLSearchParams({ unit: this.page.info.id, page: section.dataset.page })}`;
      link.addEventListener('click', () => the('drawer').close());
      if (section === this.page.section) link.setAttribute('aria-current', 'step');
      line.querySelector('.name').textContent = section.dataset.title;
      const rows = section.dataset.group && this.page.draft.answers[section.dataset.group];
      line.querySelector('.small').textContent = Array.isArray(rows) ? `${rows.length} 个` : '';
      this.chip(line.querySelector('.chip'), this.counts(section), this.page.draft.seen.includes(section.dataset.page));
      list.append(line);
    }
    const line = this.line();
    line.querySelector('a').href = `#${new URLSearchParams({ unit: this.page.info.id, page: 'summary' })}`;
    line.querySelector('a').addEventListener('click', () => the('drawer').close());
    line.querySelector('.name').textContent = '核对整张表';
    line.querySelector('.chip').remove();
    list.append(line);
    the('drawer').showModal();
  }

  /** The list of what is wrong; every line leads to its item. @param {string} wanted */
  drawSummary(wanted) {
    const { page } = this;
    page.checks.all();
    page.draft.seen = [
      ...new Set([
        ...page.draft.seen,
        ...page.pages.map((/** @type {HTMLElement} */ section) => section.dataset.page),
        'summary',
      ]),
    ];
    page.save();
    const open = page.checks.open();
    this.tab = wanted || TABS.find((tab) => open[tab].length) || 'error';
    for (const tab of TABS) {
      const button = the(`tab-${tab}`);
      button.setAttribute('aria-selected', String(tab === this.tab));
      button.tabIndex = tab === this.tab ? 0 : -1;
      button.querySelector('b').textContent = String(open[tab].length);
    }
    the('found').setAttribute('aria-labelledby', `tab-${this.tab}`);
    const list = the('found').querySelector('.rows');
    const shown = open[/** @type {'error'} */ (this.tab)];
    list.textContent = '';
    list.hidden = !shown.length;
    the('found').querySelector('.empty').textContent = shown.length ? '' : NOTHING[/** @type {'error'} */ (this.tab)];
    the('found').querySelector('.more').textContent =
      shown.length > MOST_LISTED ? `先处理这 ${MOST_LISTED} 处，后面还有 ${shown.length - MOST_LISTED} 处。` : '';
    for (const finding of shown.slice(0, MOST_LISTED)) {
      const line = copy('found-template');
      const link = line.querySelector('a');
      link.href = location.hash;
      link.textContent = this.place(finding.path);
      link.addEventListener('click', (/** @type {Event} */ event) => {
        event.preventDefault();
        page.goTo(finding.path);
      });
      line.querySelector('p').textContent = unbroken(finding.message);
      if (finding.severity === 'warning') line.append(this.explanationBox(finding));
      list.append(line);
    }
  }

  /** @param {import('../../shared/rules.js').Finding} finding */
  explanationBox(finding) {
    const box = this.message(finding, finding.path).querySelector('.explain');
    box.addEventListener('focusout', () => {
      this.drawBar();
      this.page.draw();
    });
    return box;
  }

  /** Name the place of a path: number, name, row. @param {string} path */
  place(path) {
    const [first, row, key] = path.slice(1).split('/');
    const section = /** @type {HTMLElement|null} */ (document.querySelector(`section[data-group="${first}"]`));
    if (section && row === undefined) return section.dataset.title;
    const label = section ? labelOf(first, key) : labelOf('', first);
    const parts = label ? [...label.children].filter((one) => !one.matches('.optional')) : [];
    const words = label ? parts.map((one) => one.textContent).join(' ') : first;
    return section ? `${section.dataset.title} 第 ${Number(row) + 1} 个：${words}` : words;
  }

  /** Arrow keys between the tabs. @param {KeyboardEvent} event */
  turn(event) {
    const step = STEPS[event.key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(/** @type {'error'} */ (this.tab)) + step + TABS.length) % TABS.length];
    this.drawSummary(next);
    the(`tab-${next}`).focus();
  }

  isClean() {
    const counts = this.page.checks.tally().get('');
    return TABS.every((tab) => !counts[tab]);
  }

  lastWords() {
    return this.isClean() ? '填好了，回到单位' : '先存着，回到单位';
  }

  async finish() {
    this.page.draft.is_done = this.isClean();
    this.page.save();
    await this.page.saver.now();
    location.assign(`/collect/units/${this.page.info.id}`);
  }
}
