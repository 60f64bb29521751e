// Checks one record in the browser: the same tree, the same meaning as validation/closures.py on the server.
// Blank, hidden and unknown are null; a check fails only where it is false. Numbers are doubles, dates days since 1970.
// No dependencies; runs in Chrome 80, Safari 16, Node 18.

import { dayOf, parse } from './values.js';

const RELATIVE_TOLERANCE = 1e-9;
const THIN_SPACE = '\u2009';
const BLANK = '未填';
const EARTH_RADIUS_M = 6371008.8;
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORG_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
const PERSON_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const DAY_MS = 86400000;

/**
 * @typedef {{check: string, severity: 'error'|'warning', path: string, message: string, paths: string[]}} Finding
 * @typedef {object} Surroundings what is known beside the answers
 * @property {Object<string, object>} [related] the unit's other forms, by form code
 * @property {object} [baseline] what the register knew
 * @property {Iterable<string>} [explained] paths at which an explanation was written
 * @property {(name: string) => (Set<string>|null)} [codes] the codes of a code list that may be answers; null: not at hand
 * @property {(code: string) => (number[][][]|null)} [boundary] the rings of a region's outline; null: not at hand
 * @property {Iterable<string>} [only] ids of the checks to ask; all when left out
 */

const weighted = (text, weights, value) => weights.reduce((sum, weight, index) => sum + weight * value(text[index]), 0);
const filled = (values) => values.filter((value) => value !== null);
const radians = (degrees) => (degrees * Math.PI) / 180;

function insideRings(lon, lat, rings) {
  let within = false;
  for (const ring of rings) {
    let [x1, y1] = ring[ring.length - 1];
    for (const [x2, y2] of ring) {
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) within = !within;
      x1 = x2;
      y1 = y2;
    }
  }
  return within;
}

// One implementation per function of validation/functions.py, under the same names; a test compares the keys.
// Called with the record's context last; strict functions never see null.
export const FUNCTIONS = {
  blank: (value) => value === null,
  coalesce: (...values) => values.find((value) => value !== null) ?? null,
  abs: (number) => Math.abs(number),
  min: (...numbers) => (filled(numbers).length ? Math.min(...filled(numbers)) : null),
  max: (...numbers) => (filled(numbers).length ? Math.max(...filled(numbers)) : null),
  year: (days) => new Date(days * DAY_MS).getUTCFullYear(),
  date_of: dayOf,
  length: (text) => Array.from(text).length,
  prefix: (text, count) => Array.from(text).slice(0, Math.max(0, Math.trunc(count))).join('') || null,
  number: (text) => (/^-?[0-9]{1,15}([.][0-9]{1,15})?$/.test(text) ? Number(text) : null),
  matches: (text, pattern) => pattern.test(text),
  valid_uscc: (code) =>
    code.length === 18 && Array.from(code).every((character) => USCC_ALPHABET.includes(character)) &&
    (31 - (weighted(code, USCC_WEIGHTS, (character) => USCC_ALPHABET.indexOf(character)) % 31)) % 31 === USCC_ALPHABET.indexOf(code[17]),
  valid_org_code: (code) =>
    /^[0-9A-Z]{8}-?[0-9X]$/.test(code) &&
    '0123456789X0'[11 - (weighted(code, ORG_WEIGHTS, (character) => parseInt(character, 36)) % 11)] === code[code.length - 1],
  valid_person_id: (code) =>
    /^[0-9]{17}[0-9X]$/.test(code) && dayOf(+code.slice(6, 10), +code.slice(10, 12), +code.slice(12, 14)) !== null &&
    '10X98765432'[weighted(code, PERSON_WEIGHTS, Number) % 11] === code[17],
  any_of: (chosen, wanted) => chosen.some((code) => wanted.includes(code)),
  chosen: (chosen, code) => chosen.includes(code),
  count_chosen: (chosen) => (chosen === null ? 0 : chosen.length),
  distinct: (values) => new Set(values).size === values.length,
  present: (code, forms) => forms.has(code),
  inside: insideRings,
  distance_m: (lon1, lat1, lon2, lat2) => {
    const halfLat = Math.sin(radians(lat2 - lat1) / 2);
    const halfLon = Math.sin(radians(lon2 - lon1) / 2);
    const chord = halfLat * halfLat + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * halfLon * halfLon;
    return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)));
  },
};
export const LENIENT = ['blank', 'coalesce', 'count_chosen', 'max', 'min', 'present']; // these see blanks

const WITHIN = {
  '==': (a, b, tolerance) => Math.abs(a - b) <= tolerance,
  '!=': (a, b, tolerance) => Math.abs(a - b) > tolerance,
  '<': (a, b, tolerance) => a < b - tolerance,
  '<=': (a, b, tolerance) => a <= b + tolerance,
  '>': (a, b, tolerance) => a > b + tolerance,
  '>=': (a, b, tolerance) => a >= b - tolerance,
};

const CONCLUSIONS = {
  sum: (values) => (filled(values).length ? filled(values).reduce((sum, value) => sum + value, 0) : null),
  min: (values) => FUNCTIONS.min(...values),
  max: (values) => FUNCTIONS.max(...values),
  count: (values) => values.length,
  any: (values) => (values.includes(true) ? true : values.includes(null) ? null : false),
  all: (values) => (values.includes(false) ? false : values.includes(null) ? null : true),
  unique: (values) => new Set(filled(values)).size === filled(values).length,
  first: (values) => (values.length ? values[0] : null),
};

const EMPTY = { main: {}, rows: {} };
const at = (values, key) => (values[key] === undefined ? null : values[key]);
const both = (left, right, work) => (context) => {
  const a = left(context);
  if (a === null) return null;
  const b = right(context);
  return b === null ? null : work(a, b);
};
const among = (item, holds) => (context) => {
  const value = item(context);
  if (value === null) return null;
  return Array.isArray(value) ? value.every(holds) : holds(value);
};

function rowsQuestion([, form, group, ...when]) {
  const bare = (context) => ((form ? context.forms[form] || EMPTY : context).rows[group] || []);
  if (!when.length) return bare;
  const shown = question(when[0]);
  return (context) => (shown(context) === true ? bare(context) : []);
}

const PLACES = {
  main: (key) => (context) => at(context.main, key),
  row: (key) => (context) => at(context.row, key),
  loop: (key) => (context) => at(context.loop, key),
  baseline: (key) => (context) => at(context.baseline, key),
  form: (key, form) => (context) => at((context.forms[form] || EMPTY).main, key),
};

const COMPILERS = {
  text: (value) => () => value,
  day: (days) => () => days,
  value: (place, key, form) => PLACES[place](key, form),
  together: (...parts) => {
    const questions = parts.map(question);
    return (context) => {
      const values = questions.map((part) => part(context));
      return values.includes(null) ? null : JSON.stringify(values);
    };
  },
  list: (...parts) => {
    const questions = parts.map(question);
    return (context) => {
      const values = filled(questions.map((part) => part(context)));
      return values.length ? values : null;
    };
  },
  '+': (left, right) => both(question(left), question(right), (a, b) => a + b),
  '-': (left, right) => both(question(left), question(right), (a, b) => a - b),
  '*': (left, right) => both(question(left), question(right), (a, b) => a * b),
  '/': (left, right) => both(question(left), question(right), (a, b) => (b === 0 ? null : a / b)),
  compare: (operator, left, right, tolerance) => {
    const holds = WITHIN[operator];
    if (tolerance !== null) return both(question(left), question(right), (a, b) => holds(a, b, tolerance));
    return both(question(left), question(right), (a, b) => holds(a, b, RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))));
  },
  same: (left, right) => both(question(left), question(right), (a, b) => a === b),
  in: (item, options) => {
    const wanted = new Set(options);
    return among(question(item), (value) => wanted.has(value));
  },
  listed: (item, name) => {
    const code = question(item);
    return (context) => {
      const known = context.codes(name);
      return known === null ? null : among(code, (value) => known.has(value))(context);
    };
  },
  and: (...parts) => {
    const questions = parts.map(question);
    return (context) => CONCLUSIONS.all(questions.map((part) => part(context)));
  },
  or: (...parts) => {
    const questions = parts.map(question);
    return (context) => CONCLUSIONS.any(questions.map((part) => part(context)));
  },
  not: (part) => {
    const inner = question(part);
    return (context) => {
      const value = inner(context);
      return value === null ? null : !value;
    };
  },
  if: (test, then, otherwise) => {
    const [asked, first, second] = [test, then, otherwise].map(question);
    return (context) => (asked(context) === true ? first(context) : second(context));
  },
  call,
  attribute: (item, table) => {
    const code = question(item);
    return (context) => {
      const value = code(context);
      return value === null ? null : at(context.attributes[table], value);
    };
  },
  sound: (place, group, key, problem) => {
    if (problem === 'rows' || problem === 'unknown')
      return (context) => !context.problems.some((each) => each.problem === problem && (!group || each.group === group));
    return (context) => {
      const index = place === 'row' ? context.index : -1;
      return !context.problems.some((each) => each.key === key && each.index === index && each.group === group && each.problem === problem);
    };
  },
  explained: (place, group, key) => (context) => context.explained.has(place === 'row' ? `/${group}/${context.index}/${key}` : `/${key}`),
  over: (name, rows, element, condition) => over(name, rowsQuestion(rows), element.map(question)[0], condition.map(question)[0]),
};

function call(name, ...parts) {
  if (name === 'present') return (context) => context.present.has(parts[0][1]);
  if (name === 'matches') {
    const pattern = new RegExp(`^(?:${parts[1][1]})$`, 'u');
    return among(question(parts[0]), (text) => pattern.test(text));
  }
  const questions = parts.map(question);
  const work = FUNCTIONS[name];
  const lenient = LENIENT.includes(name);
  return (context) => {
    const values = questions.map((part) => part(context));
    if (!lenient && values.includes(null)) return null;
    if (name !== 'inside') return work(...values);
    const rings = context.boundary(values[2]);
    return rings === null ? null : work(values[0], values[1], rings);
  };
}

function over(name, rows, element, condition) {
  const conclude = CONCLUSIONS[name];
  return (context) => {
    const values = [];
    for (const row of rows(context)) {
      context.loop = row;
      if (!condition || condition(context) === true) values.push(element ? element(context) : 1);
    }
    return conclude(values);
  };
}

/** Compile one node to a function of the record. @param {any} node @returns {(context: any) => any} */
function question(node) {
  return Array.isArray(node) ? COMPILERS[node[0]](...node.slice(1)) : () => node;
}

class Reader {
  constructor(items, groups, complete) {
    this.main = new Map();
    this.groups = new Map(groups.map((group) => [group, new Map()]));
    for (const item of items) {
      const place = item.group ? this.groups.get(item.group) : this.main;
      place.set(item.key, item);
      if (item.alias && !place.has(item.alias)) place.set(item.alias, item);
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
      if (typeof row === 'object' && row !== null && !Array.isArray(row)) return this.values(items, group, index, row, problems);
      problems.push({ group, index, key: '', problem: 'rows' });
      return {};
    });
  }

  values(items, group, index, answers, problems) {
    const values = {};
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
      values[item.key] = parsed.value;
      if (item.type === 'gps') for (const part of ['lon', 'lat', 'accuracy_m', 'source']) values[`${item.key}.${part}`] = parsed.value[part];
    }
    return values;
  }
}

const programs = new WeakMap();

/** Compile a rule book once. */
function program(rules) {
  if (!programs.has(rules)) {
    programs.set(rules, {
      reader: new Reader(rules.items, rules.groups, true),
      baseline: new Reader(rules.baseline, [], false),
      others: Object.keys(rules.related).map((code) => [code, new Reader(rules.related[code].items, rules.related[code].groups, false)]),
      asked: rules.rules.map((rule) => ({
        rule,
        holds: question(rule.node),
        rows: rule.each ? rowsQuestion(rule.each) : null,
        message: rule.message.map((part) => (typeof part === 'string' ? part : [part[0], question(part[1])])),
      })),
      shown: rules.shown.map(([group, key, node]) => [group, key, question(node)]),
      computed: rules.computed.map(([group, key, node]) => [group, key, question(node)]),
    });
  }
  return programs.get(rules);
}

function contextOf(rules, answers, surroundings) {
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
    row: {},
    index: -1,
    loop: {},
  };
}

/**
 * Give what is wrong with one record, in the order of the rule book.
 * @param {any} rules what validation.browser.rules_json made @param {any} answers @param {Surroundings} [surroundings]
 * @returns {Finding[]}
 */
export function checkRecord(rules, answers, surroundings = {}) {
  const context = contextOf(rules, answers, surroundings);
  const only = surroundings.only ? new Set(surroundings.only) : null;
  /** @type {Finding[]} */
  const found = [];
  for (const asked of program(rules).asked) {
    if (only && !only.has(asked.rule.id)) continue;
    if (!asked.rows) {
      if (asked.holds(context) === false) found.push(...findings(asked, context));
      continue;
    }
    asked.rows(context).forEach((row, index) => {
      context.row = row;
      context.index = index;
      if (asked.holds(context) === false) found.push(...findings(asked, context));
    });
  }
  return found;
}

function findings({ rule, message }, context) {
  const text = message.map((part) => (typeof part === 'string' ? part : show(part[1](context), part[0]))).join('');
  const finding = (paths) => ({ check: rule.id, severity: rule.severity, path: paths[0], message: text, paths });
  if (rule.kind === 'unknown') {
    const unknown = context.problems.filter((each) => each.problem === 'unknown');
    return unknown.map((each) => pointer(each.group, each.index, each.key)).sort().map((path) => finding([path]));
  }
  const inRow = (group) => rule.each !== null && rule.each[2] === group;
  return [finding(rule.items.map(([group, key]) => (key && inRow(group) ? `/${group}/${context.index}/${key}` : `/${group || key}`)))];
}

function pointer(group, index, key) {
  const escaped = key.replace(/~/g, '~0').replace(/\//g, '~1');
  return group ? `/${group}/${index}/${escaped}` : `/${escaped}`;
}

/** Give the ids of the checks to ask again when an item or a group of rows has changed. @param {any} rules @param {string} key @returns {string[]} */
export function checksTouching(rules, key) {
  return rules.rules.filter((rule) => rule.reads.includes(key)).map((rule) => rule.id);
}

function eachPlace(questions, context) {
  const places = [];
  for (const [group, key, ask] of questions) {
    if (!group || !key) {
      places.push([`/${group || key}`, ask(context)]);
      continue;
    }
    (context.rows[group] || []).forEach((row, index) => {
      context.row = row;
      context.index = index;
      places.push([`/${group}/${index}/${key}`, ask(context)]);
    });
  }
  return places;
}

/** Give the paths of what is not asked now: items, whole groups, items of rows. @param {any} rules @param {any} answers @param {Surroundings} [surroundings] @returns {Set<string>} */
export function hidden(rules, answers, surroundings = {}) {
  const places = eachPlace(program(rules).shown, contextOf(rules, answers, surroundings));
  return new Set(places.filter(([, shown]) => shown !== true).map(([path]) => path));
}

/** Give what the program works out, by path; blanks are left out. @param {any} rules @param {any} answers @param {Surroundings} [surroundings] @returns {Map<string, any>} */
export function computed(rules, answers, surroundings = {}) {
  const places = eachPlace(program(rules).computed, contextOf(rules, answers, surroundings));
  return new Map(/** @type {[string, any][]} */ (places.filter(([, value]) => value !== null)));
}

/** Write a value as people read it. @param {any} value @param {string} kind @returns {string} */
export function show(value, kind) {
  if (value === null || value === undefined) return BLANK;
  if (kind === 'date') return new Date(value * DAY_MS).toISOString().slice(0, 10);
  if (typeof value === 'boolean') return value ? '是' : '否';
  if (typeof value === 'number') return showNumber(value);
  return Array.isArray(value) ? value.join('、') : String(value);
}

/** At most four decimals, rounded half up; thousands grouped by thin spaces. @param {number} number @returns {string} */
export function showNumber(number) {
  const size = Math.abs(number);
  if (!Number.isFinite(number)) return BLANK;
  const [whole, decimals = ''] = (size < 1e20 ? size.toFixed(4) : BigInt(size).toString()).split('.');
  const grouped = whole.replace(/\B(?=([0-9]{3})+$)/g, THIN_SPACE);
  const shown = decimals.replace(/0+$/, '');
  const sign = number < 0 && /[1-9]/.test(whole + decimals) ? '-' : '';
  return sign + grouped + (shown ? `.${shown}` : '');
}
