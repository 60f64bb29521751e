// A repeating group: a list of its rows, one row a page, add, copy, delete with undo.

import { moved } from '../../shared/answers.js';
import { isDue } from './due.js';
import { clear, reader } from './fields.js';
import { sections } from './sections.js';

const NONE = { error: 0, warning: 0, blank: 0 };
const TOLD = 8; // items that a card may name a row by

export class Rows {
  /** @param {any} page the form's controller */
  constructor(page) {
    this.page = page;
    document.querySelectorAll('[data-add]').forEach((button) => button.addEventListener('click', () => this.add({})));
    document
      .querySelectorAll('[data-copy]')
      .forEach((button) => button.addEventListener('click', () => this.add(this.all()[this.all().length - 1])));
  }

  /** @returns {any[]} */
  all() {
    const rows = this.page.draft.answers[this.page.group];
    return Array.isArray(rows) ? rows : [];
  }

  /**
   * Put the list or the row in front. The fields of a row are made once; every row of the group is written into them.
   */
  show() {
    const { section, row } = this.page;
    const host = section.querySelector('.row-host');
    // leaves the row that it stood in
    if (host.contains(document.activeElement)) /** @type {HTMLElement} */ (document.activeElement).blur();
    section.querySelector('.list-of-rows').hidden = row !== null;
    host.hidden = row === null;
    if (row === null) return;
    if (host.firstElementChild) {
      host.querySelectorAll('.item').forEach(clear);
      return;
    }
    host.append(section.querySelector('template[data-row]').content.cloneNode(true));
    host.querySelector('[data-delete]').addEventListener('click', () => this.delete(this.page.row));
  }

  /** A card per row; cards that say the same as before stay as they are. */
  list() {
    const { section, group, checks, overview } = this.page;
    const list = section.querySelector('.rows');
    const tally = checks.tally();
    const rows = this.all();
    rows.forEach((answers, index) => {
      const line = list.children[index] || list.appendChild(this.card(index));
      const [text, chip] = line.firstElementChild.children;
      const name = this.presetName(answers);
      const [first, ...more] = name ? [name, ...this.told(answers)] : this.told(answers);
      const counts = tally.get(`/${group}/${index}`) || NONE;
      const words = [first || `第 ${index + 1} 个`, more.slice(0, 2).join('，')];
      const state = [...words, counts.error, counts.blank, counts.warning, Object.keys(answers).length].join('\n');
      if (line.dataset.state === state) return;
      line.dataset.state = state;
      [text.firstElementChild.textContent, text.lastElementChild.textContent] = words;
      overview.chip(chip, counts, Object.keys(answers).length > (name ? 1 : 0));
    });
    while (list.children.length > rows.length) list.lastElementChild.remove();
    list.hidden = !rows.length;
    section.querySelector('.list-of-rows .empty').hidden = Boolean(rows.length);
    section.querySelector('[data-copy]').hidden = !rows.length;
    section.querySelector('[data-add]').hidden =
      Boolean(section.dataset.maximum) && rows.length >= Number(section.dataset.maximum);
    const said = checks.findings.filter(
      (/** @type {any} */ finding) => finding.paths.includes(`/${group}`) && isDue(this.page, finding),
    );
    overview.drawSaid(section.querySelector('.list-of-rows'), `/${group}`, said);
  }

  /** @param {number} index */
  card(index) {
    const line = this.page.overview.line();
    const place = new URLSearchParams({ unit: this.page.info.id, page: this.page.key, row: String(index) });
    line.firstElementChild.href = `#${place}`;
    return line;
  }

  /** What a ready-made row is called. @param {any} answers @returns {string} */
  presetName(answers) {
    const { preset } = this.page.section.dataset;
    const code = preset && answers[preset];
    const name = code && this.page.section.querySelector(`.names [data-code="${code}"]`);
    return name ? name.textContent : code || '';
  }

  /** The first answers of a row as people read them. @param {any} answers @returns {string[]} */
  told(answers) {
    return readers(this.page.section)
      .map(([key, say]) => say(answers[key]))
      .filter(Boolean);
  }

  /** Put a row at the end and open it. @param {any} answers */
  add(answers) {
    const { draft, group, checks } = this.page;
    if (!Array.isArray(draft.answers[group])) draft.answers[group] = [];
    draft.answers[group].push(JSON.parse(JSON.stringify(answers || {})));
    checks.record.added(group);
    this.page.changed();
    this.page.go(this.page.key, { row: draft.answers[group].length - 1 });
  }

  /** @param {number} index */
  delete(index) {
    const { draft, group, key, touched } = this.page;
    const before = JSON.parse(
      JSON.stringify({
        rows: this.all(),
        explanations: draft.explanations,
        touched: [...touched],
        points: draft.points || {},
        photos: draft.photos || {},
      }),
    );
    draft.explanations = moved(draft.explanations, group, index, -1);
    this.page.touched = new Set(
      moved(
        [...touched].map((path) => ({ path })),
        group,
        index,
        -1,
      ).map(({ path }) => path),
    );
    for (const name of ['points', 'photos']) draft[name] = shifted(draft[name], group, index);
    this.keep(this.all().filter((_row, place) => place !== index));
    this.page.go(key);
    const bar = /** @type {any} */ (document.getElementById('undo-template')).content.cloneNode(true).firstElementChild;
    bar.querySelector('span').textContent = `已删除第 ${index + 1} 个`;
    bar.querySelector('button').addEventListener('click', () => {
      Object.assign(draft, { explanations: before.explanations, points: before.points, photos: before.photos });
      this.page.touched = new Set(before.touched);
      this.keep(before.rows, group);
      bar.remove();
      this.page.go(key);
    });
    document.body.append(bar);
    setTimeout(() => bar.remove(), 10_000);
  }

  /** @param {any[]} rows @param {string} [group] */
  keep(rows, group = this.page.group) {
    this.page.draft.answers[group] = rows;
    if (!rows.length) delete this.page.draft.answers[group];
    this.page.checks.all();
    this.page.changed();
  }
}

/**
 * What devices said of rows, after one of them is gone.
 * @param {Record<string, any>|undefined} said by path
 * @param {string} group
 * @param {number} index
 */
const shifted = (said, group, index) =>
  Object.fromEntries(
    moved(
      Object.entries(said || {}).map(([path, value]) => ({ path, value })),
      group,
      index,
      -1,
    ).map(({ path, value }) => [path, value]),
  );

/** @type {WeakMap<Element, [string, (answer: any) => string][]>} */
const known = new WeakMap();

/**
 * How the first items of a group's rows are read out.
 * @param {Element} section
 * @returns {[string, (answer: any) => string][]}
 */
function readers(section) {
  let found = known.get(section);
  if (!found) {
    const template = /** @type {HTMLTemplateElement} */ (section.querySelector('template[data-row]'));
    const blocks = /** @type {HTMLElement[]} */ ([...template.content.querySelectorAll('.item')]);
    found = blocks.slice(0, TOLD).map((block) => [block.dataset.key || '', reader(block)]);
    known.set(section, found);
  }
  return found;
}

/** Ready-made rows: one for each code of their list, in its order. @param {any} answers */
export function makeReady(answers) {
  for (const section of sections) {
    const { group, preset } = section.dataset;
    if (!group || !preset) continue;
    const rows = Array.isArray(answers[group]) ? answers[group] : [];
    const names = /** @type {HTMLElement[]} */ ([...section.querySelectorAll('.names [data-code]')]);
    const codes = names.map((name) => name.dataset.code);
    const named = codes.map(
      (code) => rows.find((/** @type {any} */ row) => row[preset] === code) || { [preset]: code },
    );
    const others = rows.filter((/** @type {any} */ row) => !codes.includes(row[preset])); // answered, so they stay
    answers[group] = [...named, ...others];
  }
}
