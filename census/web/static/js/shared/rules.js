// Checks one record in the browser: reads the answers, asks every check, or while one types only those that lean on
// what changed (Record). A check fails only where it is false.

import { question, rowsQuestion, slotOf, withSlots } from './questions.js';
import { parse } from './values.js';

const DAY_MS = 86400000;
const THIN_SPACE = '\u2009';
const BLANK = '未填';
const GPS_PARTS = ['lon', 'lat', 'accuracy_m', 'source'];

/**
 * @typedef {{check: string, severity: 'error'|'warning', path: string, message: string, paths: string[]}} Finding
 * @typedef {object} Surroundings what is known beside the answers
 * @property {Object<string, object>} [related] the unit's other forms, by form code
 * @property {object} [baseline] what the register knew
 * @property {Iterable<string>} [explained] paths at which an explanation was written
 * @property {(name: string) => (Set<string>|null)} [codes] the codes of a code list that may be answers; null: not at
 *   hand
 * @property {(code: string) => (number[][][]|null)} [boundary] the rings of a region's outline; null: not at hand
 * @property {Iterable<string>} [only] ids of the checks to ask; all when left out
 */

/** Reads raw answers by the items of a form. */
class Reader {
  constructor(items, groups, complete) {
    this.main = new Map();
    this.groups = new Map(groups.map((group) => [group, new Map()]));
    for (const item of items) {
      const place = item.group ? this.groups.get(item.group) : this.main;
      place.set(item.key, {
        ...item,
        slot: slotOf(item.key),
        slots: item.type === 'gps' ? GPS_PARTS.map((part) => slotOf(`${item.key}.${part}`)) : [],
      });
      if (item.alias && !place.has(item.alias)) place.set(item.alias, place.get(item.key));
    }
    this.complete = complete;
  }

  read(answers) {
    const problems = [];
    const rows = {};
    for (const [group, items] of this.groups) {
      const raw = answers[group];
      if (raw !== null && raw !== undefined) rows[group] = this.rows(group, items, raw, problems);
    }
    return { main: this.values(this.main, '', -1, answers, problems), rows, problems };
  }

  rows(group, items, raw, problems) {
    if (!Array.isArray(raw)) {
      problems.push({ group, index: -1, key: '', problem: 'rows' });
      return [];
    }
    return raw.map((row, index) => {
      if (typeof row === 'object' && row !== null && !Array.isArray(row))
        return this.values(items, group, index, row, problems);
      problems.push({ group, index, key: '', problem: 'rows' });
      return [];
    });
  }

  values(items, group, index, answers, problems) {
    const values = [];
    for (const key of Object.keys(answers)) {
      const raw = answers[key];
      if (raw === null || raw === undefined) continue;
      const item = items.get(key);
      if (!item) {
        if (this.complete && (group || !this.groups.has(key))) problems.push({ group, index, key, problem: 'unknown' });
        continue;
      }
      const parsed = parse(item, raw);
      if (parsed.problem) problems.push({ group, index, key: item.key, problem: parsed.problem });
      if (parsed.value === null) continue;
      values[item.slot] = parsed.value;
      item.slots.forEach((slot, part) => {
        values[slot] = parsed.value[GPS_PARTS[part]];
      });
    }
    return values;
  }
}

const programs = new WeakMap();

/** Compile a rule book once: its questions in order, and which of them lean on an item or group. @param {any} rules */
export function program(rules) {
  if (!programs.has(rules)) {
    programs.set(
      rules,
      withSlots(new Map(), () => ({
        reader: new Reader(rules.items, rules.groups, true),
        baseline: new Reader(rules.baseline, [], false),
        others: Object.keys(rules.related).map((code) => [
          code,
          new Reader(rules.related[code].items, rules.related[code].groups, false),
        ]),
        asked: rules.rules.map((rule) => ({
          rule,
          ...leaning([rule.node, rule.each, ...rule.message], rule.each && !rule.each[1] ? rule.each[2] : ''),
          holds: question(rule.node),
          rows: rule.each ? rowsQuestion(rule.each) : null,
          message: rule.message.map((part) => (typeof part === 'string' ? part : [part[0], question(part[1])])),
        })),
        shown: rules.shown.map(placed),
        computed: rules.computed.map(placed),
      })),
    );
  }
  return programs.get(rules);
}

const placed = ([group, key, node]) => ({ group, key, ...leaning([node], key ? group : ''), ask: question(node) });

/**
 * What some nodes lean on. `group`: the rows they are asked about one by one, '' for none; `isLocal`: a changed row
 * changes the answer for that row alone; `onWords`: explanations matter.
 */
function leaning(nodes, group) {
  const reads = new Set();
  let isLocal = group !== '';
  let onWords = false;
  const visit = (node, isEach) => {
    if (!Array.isArray(node)) return;
    const [kind, first, second, third] = node;
    if (kind === 'value') reads.add(String(second).split('.')[0]);
    else if (kind === 'sound') reads.add(third || second);
    else if (kind === 'explained') onWords = true;
    else if (kind === 'rows' && !first) {
      reads.add(second);
      if (second === group && !isEach) isLocal = false;
    }
    node.forEach((part) => visit(part, false));
  };
  nodes.forEach((node) => visit(node, Array.isArray(node) && node[0] === 'rows'));
  return { reads, of: group, isLocal, onWords };
}

/**
 * Read a record and what is known beside it.
 * @param {any} rules
 * @param {any} answers
 * @param {Surroundings} surroundings
 */
export function contextOf(rules, answers, surroundings) {
  const { reader, baseline, others } = program(rules);
  const related = surroundings.related || {};
  const forms = {};
  for (const [code, other] of others) if (related[code]) forms[code] = other.read(related[code]);
  return {
    ...reader.read(answers),
    forms,
    baseline: baseline.read(surroundings.baseline || {}).main,
    present: new Set(Object.keys(related)),
    explained: new Set(surroundings.explained || []),
    attributes: rules.attributes,
    codes: surroundings.codes || (() => null),
    boundary: surroundings.boundary || (() => null),
    row: [],
    index: -1,
    loop: [],
  };
}

/**
 * Give what is wrong with one record, in the order of the rule book.
 * @param {any} rules what validation.evaluators.browser.rules_json made
 * @param {any} answers
 * @param {Surroundings} [surroundings]
 * @returns {Finding[]}
 */
export function checkRecord(rules, answers, surroundings = {}) {
  const context = contextOf(rules, answers, surroundings);
  return program(rules).asked.flatMap((asked) => askAll(asked, context));
}

/** Ask one check of the whole record. @param {any} asked @param {any} context @returns {Finding[]} */
export function askAll(asked, context) {
  if (!asked.rows) return asked.holds(context) === false ? findings(asked, context) : NONE;
  let found = NONE;
  const rows = asked.rows(context);
  for (let index = 0; index < rows.length; index += 1) {
    const failed = askRow(asked, context, rows[index], index);
    if (failed.length) found = found.concat(failed);
  }
  return found;
}

/**
 * Ask one check of one row.
 * @param {any} asked
 * @param {any} context
 * @param {any} row
 * @param {number} index
 * @returns {Finding[]}
 */
export function askRow(asked, context, row, index) {
  context.row = row;
  context.index = index;
  return asked.holds(context) === false ? findings(asked, context) : NONE;
}

/** @type {Finding[]} */
const NONE = [];

function findings({ rule, message }, context) {
  const text = message.map((part) => (typeof part === 'string' ? part : show(part[1](context), part[0]))).join('');
  const finding = (paths) => ({ check: rule.id, severity: rule.severity, path: paths[0], message: text, paths });
  if (rule.kind === 'unknown') {
    const unknown = context.problems.filter((each) => each.problem === 'unknown');
    return unknown
      .map((each) => pointer(each.group, each.index, each.key))
      .sort()
      .map((path) => finding([path]));
  }
  const inRow = (group) => rule.each !== null && rule.each[2] === group;
  return [
    finding(
      rule.items.map(([group, key]) =>
        key && inRow(group) ? `/${group}/${context.index}/${key}` : `/${group || key}`,
      ),
    ),
  ];
}

function pointer(group, index, key) {
  const escaped = key.replace(/~/g, '~0').replace(/\//g, '~1');
  return group ? `/${group}/${index}/${escaped}` : `/${escaped}`;
}

/**
 * Answer a condition or computation at each of its places.
 * @param {any} placed
 * @param {any} context
 * @param {number|null} only the row to ask about, null for all
 * @param {(index: number, value: any) => void} told hears of the row, -1 outside rows
 */
export function eachPlace({ group, key, ask }, context, only, told) {
  if (!group || !key) {
    told(-1, ask(context));
    return;
  }
  const rows = context.rows[group] || [];
  for (let index = only ?? 0; index < (only === null ? rows.length : Math.min(only + 1, rows.length)); index += 1) {
    context.row = rows[index];
    context.index = index;
    told(index, ask(context));
  }
}

/** Write a value as people read it. @param {any} value @param {string} kind @returns {string} */
export function show(value, kind) {
  if (value === null || value === undefined) return BLANK;
  if (kind === 'date') return new Date(value * DAY_MS).toISOString().slice(0, 10);
  if (typeof value === 'boolean') return value ? '是' : '否';
  if (typeof value === 'number') return showNumber(value);
  return Array.isArray(value) ? value.join('、') : String(value);
}

/**
 * At most four decimals, rounded half up; thousands grouped by thin spaces.
 * @param {number} number
 * @returns {string}
 */
export function showNumber(number) {
  const size = Math.abs(number);
  if (!Number.isFinite(number)) return BLANK;
  const [whole, decimals = ''] = (size < 1e20 ? size.toFixed(4) : BigInt(size).toString()).split('.');
  const grouped = whole.replace(/\B(?=([0-9]{3})+$)/g, THIN_SPACE);
  const shown = decimals.replace(/0+$/, '');
  const sign = number < 0 && /[1-9]/.test(whole + decimals) ? '-' : '';
  return sign + grouped + (shown ? `.${shown}` : '');
}
