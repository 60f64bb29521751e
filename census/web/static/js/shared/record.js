// One record that stays read and judged while somebody types: a change asks only what leans on it, for a change within
// a row only of that row where a check looks at nothing else. What it says is what checkRecord says of the whole
// record.

import { setAt } from './answers.js';
import { askAll, askRow, contextOf, eachPlace, program } from './rules.js';

/** @typedef {import('./rules.js').Finding} Finding */
/**
 * @typedef {{group: string, index: number, key: string}} Change where something changed: `group` '' and `index` -1 for
 *   items outside rows
 */

/** @param {Change} change */
const pathOf = ({ group, index, key }) => (group ? `/${group}/${index}/${key}` : `/${key}`);

/** A computed value as the answer that stands for it: numbers are text, without the noise of their last digits. */
function answerOf(value) {
  if (value === null) return undefined;
  return typeof value === 'number' ? String(Number(value.toPrecision(12))) : value;
}

export class Record {
  /**
   * @param {any} rules
   * @param {() => any} answers where the answers stand
   * @param {() => import('./rules.js').Surroundings} surroundings
   */
  constructor(rules, answers, surroundings) {
    this.rules = rules;
    this.answers = answers;
    this.surroundings = surroundings;
    /** @type {Set<string>} paths of what is not asked now */
    this.hidden = new Set();
    /** @type {Map<number, Finding[]>[]} by check, then by row; -1 holds what is asked of the whole record */
    this.found = [];
    /** @type {Finding[]|null} */
    this.flat = null;
    /** @type {any} the record as it was read, and what is known beside it */
    this.context = null;
    this.refresh();
  }

  /** Read everything and ask everything. */
  refresh() {
    const { asked, shown, computed } = program(this.rules);
    this.context = contextOf(this.rules, this.answers(), this.surroundings());
    computed.forEach((/** @type {any} */ one) => this.compute(one, null, []));
    this.hidden = new Set();
    shown.forEach((/** @type {any} */ one) => this.show(one, null));
    this.found = asked.map((/** @type {any} */ one) => this.askWhole(one));
    this.flat = null;
  }

  /** What is wrong, in the order of the rule book. @returns {Finding[]} */
  get findings() {
    if (this.flat) return this.flat;
    /** @type {Finding[]} */
    const flat = [];
    for (const rows of this.found) {
      if (!rows.size) continue;
      const order = rows.size > 1 ? [...rows.keys()].sort((a, b) => a - b) : [...rows.keys()];
      for (const row of order) flat.push(.../** @type {Finding[]} */ (rows.get(row)));
    }
    this.flat = flat;
    return flat;
  }

  /** An answer has changed. @param {string} path @returns {string[]} paths of what the program worked out anew */
  changed(path) {
    const parts = path.slice(1).split('/');
    if (parts.length !== 3) return this.follow([{ group: '', index: -1, key: parts[0] }]);
    const [group, index, key] = parts;
    return this.follow([{ group, index: Number(index), key }]);
  }

  /** A row now stands at the end of a group. @param {string} group */
  added(group) {
    const index = this.answers()[group].length - 1;
    const keys = [group, ...program(this.rules).reader.groups.get(group).keys()];
    return this.follow(keys.map((key) => ({ group, index, key })));
  }

  /** Explanations were written or taken back: few checks look at them. */
  explained() {
    this.context.explained = new Set(this.surroundings().explained || []);
    program(this.rules).asked.forEach((/** @type {any} */ one, /** @type {number} */ place) => {
      if (one.onWords) this.found[place] = this.askWhole(one);
    });
    this.flat = null;
  }

  /** @param {Change[]} changes @returns {string[]} */
  follow(changes) {
    this.read(changes[0]);
    /** @type {Change[]} */
    const worked = [];
    for (const [one, rows] of touching(program(this.rules).computed, changes)) this.compute(one, rows, worked);
    const all = [...changes, ...worked];
    for (const [one, rows] of touching(program(this.rules).shown, all)) this.show(one, rows);
    const { asked, places } = indexed(this.rules);
    for (const [one, rows] of touching(asked, all)) {
      const place = /** @type {number} */ (places.get(one));
      if (!rows) this.found[place] = this.askWhole(one);
      else for (const row of rows) this.askOne(one, this.found[place], row);
    }
    this.flat = null;
    return worked.map(pathOf);
  }

  /** Read the row, or the items outside rows, that a change stands in. @param {Change} change */
  read({ group, index }) {
    const { reader } = program(this.rules);
    const { context } = this;
    if (context.problems.length)
      context.problems = context.problems.filter(
        (/** @type {any} */ one) => one.group !== group || (group && one.index !== index),
      );
    if (!group) {
      context.main = reader.values(reader.main, '', -1, this.answers(), context.problems);
      return;
    }
    const rows = context.rows[group] || (context.rows[group] = []);
    rows[index] = reader.values(reader.groups.get(group), group, index, this.answers()[group][index], context.problems);
  }

  /** @param {any} one @param {Set<number>|null} rows @param {Change[]} worked gets what came out differently */
  compute(one, rows, worked) {
    /** @type {Change[]} */
    const fresh = [];
    const settle = (/** @type {number} */ index, /** @type {any} */ value) => {
      const text = answerOf(value);
      const place = index < 0 ? this.answers() : this.answers()[one.group][index];
      if (!place || place[one.key] === text) return;
      const change = { group: one.group, index, key: one.key };
      setAt(this.answers(), pathOf(change), text);
      fresh.push(change);
    };
    for (const row of rows || [null]) eachPlace(one, this.context, row, settle);
    for (const change of fresh) this.read(change);
    worked.push(...fresh);
  }

  /** @param {any} one @param {Set<number>|null} rows */
  show(one, rows) {
    const settle = (/** @type {number} */ index, /** @type {any} */ value) => {
      if (value === true && !this.hidden.size) return;
      const path = index < 0 ? `/${one.group || one.key}` : `/${one.group}/${index}/${one.key}`;
      if (value === true) this.hidden.delete(path);
      else this.hidden.add(path);
    };
    for (const row of rows || [null]) eachPlace(one, this.context, row, settle);
  }

  /** @param {any} one @returns {Map<number, Finding[]>} */
  askWhole(one) {
    /** @type {Map<number, Finding[]>} */
    const found = new Map();
    if (!one.isLocal) {
      const all = askAll(one, this.context);
      if (all.length) found.set(-1, all);
      return found;
    }
    const rows = one.rows(this.context);
    for (let index = 0; index < rows.length; index += 1) {
      const failed = askRow(one, this.context, rows[index], index);
      if (failed.length) found.set(index, failed);
    }
    return found;
  }

  /** @param {any} one @param {Map<number, Finding[]>} found @param {number} index */
  askOne(one, found, index) {
    const row = one.rows(this.context)[index];
    const failed = row ? askRow(one, this.context, row, index) : [];
    if (failed.length) found.set(index, failed);
    else found.delete(index);
  }
}

/** @type {WeakMap<any, {asked: any[], places: Map<any, number>}>} */
const indexes = new WeakMap();

/** @param {any} rules */
function indexed(rules) {
  let known = indexes.get(rules);
  if (!known) {
    const { asked } = program(rules);
    known = {
      asked,
      places: new Map(asked.map((/** @type {any} */ one, /** @type {number} */ place) => [one, place])),
    };
    indexes.set(rules, known);
  }
  return known;
}

/**
 * Which questions lean on some changes, each with the rows to ask it about; null for all there are.
 * @param {any[]} questions @param {Change[]} changes @returns {Map<any, Set<number>|null>}
 */
function touching(questions, changes) {
  const index = byKey(questions);
  /** @type {Map<any, Set<number>|null>} */
  const found = new Map();
  for (const { group, index: row, key } of changes) {
    for (const one of index.get(key) || []) {
      if (!one.isLocal || one.of !== group) found.set(one, null);
      else if (found.get(one) !== null) found.set(one, (found.get(one) || new Set()).add(row));
    }
  }
  return found;
}

/** @type {WeakMap<any[], Map<string, any[]>>} */
const keyed = new WeakMap();

/** @param {any[]} questions @returns {Map<string, any[]>} */
function byKey(questions) {
  let index = keyed.get(questions);
  if (!index) {
    index = new Map();
    for (const one of questions) for (const key of one.reads) index.set(key, [...(index.get(key) || []), one]);
    keyed.set(questions, index);
  }
  return index;
}
