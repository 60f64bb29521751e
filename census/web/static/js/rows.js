// A repeating group: a list of its rows, one row a page, add, copy, delete with undo.

import { moved } from './answers.js';
import { words } from './fields.js';

export class Rows {
  /** @param {any} page the form's controller */
  constructor(page) {
    this.page = page;
    document.querySelectorAll('[data-add]').forEach((button) => button.addEventListener('click', () => this.add({})));
    document.querySelectorAll('[data-copy]').forEach((button) => button.addEventListener('click', () => this.add(this.all()[this.all().length - 1])));
  }

  /** @returns {any[]} */
  all() {
    const rows = this.page.draft.answers[this.page.group];
    return Array.isArray(rows) ? rows : [];
  }

  /** Put the list or the row in front. */
  show() {
    const { section, row } = this.page;
    const host = section.querySelector('.row-host');
    section.querySelector('.list-of-rows').hidden = row !== null;
    host.hidden = row === null;
    host.textContent = '';
    if (row === null) return;
    host.append(section.querySelector('template[data-row]').content.cloneNode(true));
    host.querySelector('[data-delete]').addEventListener('click', () => this.delete(row));
  }

  /** Draw a card per row. */
  list() {
    const { section, group, checks } = this.page;
    const list = section.querySelector('.rows');
    list.textContent = '';
    this.all().forEach((answers, index) => {
      const line = this.page.overview.line();
      const within = (/** @type {any} */ finding) => finding.path.startsWith(`/${group}/${index}/`);
      const link = line.querySelector('a');
      link.href = `#${new URLSearchParams({ unit: this.page.info.id, page: this.page.key, row: String(index) })}`;
      line.querySelector('.name').textContent = this.name(answers, index);
      line.querySelector('.small').textContent = this.detail(answers);
      this.page.overview.chip(line.querySelector('.chip'), checks.open(within), true);
      list.append(line);
    });
    list.hidden = !this.all().length;
    section.querySelector('.list-of-rows .empty').hidden = Boolean(this.all().length);
    section.querySelector('[data-copy]').hidden = !this.all().length;
    section.querySelector('[data-add]').hidden = Boolean(section.dataset.maximum) && this.all().length >= Number(section.dataset.maximum);
    const said = checks.findings.filter((/** @type {any} */ finding) => finding.paths.includes(`/${group}`) && this.page.isDue(finding));
    this.page.overview.drawSaid(section.querySelector('.list-of-rows'), `/${group}`, said);
  }

  /** @param {any} answers @param {number} index */
  name(answers, index) {
    const [first] = this.told(answers);
    return first || `第 ${index + 1} 个`;
  }

  /** @param {any} answers */
  detail(answers) {
    return this.told(answers).slice(1, 3).join('，');
  }

  /** The first answers of a row as people read them. @param {any} answers @returns {string[]} */
  told(answers) {
    const template = this.page.section.querySelector('template[data-row]');
    const blocks = /** @type {HTMLElement[]} */ ([...template.content.querySelectorAll('.item')]);
    return blocks.slice(0, 8).map((block) => words(block, answers[block.dataset.key || ''])).filter(Boolean);
  }

  /** @param {any} answers */
  add(answers) {
    const rows = [...this.all(), JSON.parse(JSON.stringify(answers || {}))];
    this.keep(rows);
    this.page.go(this.page.key, { row: rows.length - 1 });
  }

  /** @param {number} index */
  delete(index) {
    const { draft, group, key } = this.page;
    const before = JSON.parse(JSON.stringify({ rows: this.all(), explanations: draft.explanations }));
    draft.explanations = moved(draft.explanations, group, index, -1);
    this.keep(this.all().filter((_row, place) => place !== index));
    this.page.go(key);
    const bar = /** @type {any} */ (document.getElementById('undo-template')).content.cloneNode(true).firstElementChild;
    bar.querySelector('span').textContent = `已删除第 ${index + 1} 个`;
    bar.querySelector('button').addEventListener('click', () => {
      draft.explanations = before.explanations;
      this.page.draft.answers[group] = before.rows;
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
    this.page.draft.state = 'draft';
    this.page.checks.all();
    this.page.save();
  }
}

