// From a tree of the check language to functions of one record: the same meaning as validation/evaluators/closures.py
// on the server. Blank, hidden and unknown are null. Numbers are doubles, dates days since 1970. No dependencies; runs
// in Chrome 80, Safari 16, Node 18.

import { dayOf } from './values.js';

const RELATIVE_TOLERANCE = 1e-9;
const EARTH_RADIUS_M = 6371008.8;
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORG_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
const PERSON_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const DAY_MS = 86400000;

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

// One implementation per function of validation/language/functions.py, under the same names; a test compares the keys.
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
  prefix: (text, count) =>
    Array.from(text)
      .slice(0, Math.max(0, Math.trunc(count)))
      .join('') || null,
  number: (text) => (/^-?[0-9]{1,15}([.][0-9]{1,15})?$/.test(text) ? Number(text) : null),
  matches: (text, pattern) => pattern.test(text),
  valid_uscc: (code) =>
    code.length === 18 &&
    Array.from(code).every((character) => USCC_ALPHABET.includes(character)) &&
    (31 - (weighted(code, USCC_WEIGHTS, (character) => USCC_ALPHABET.indexOf(character)) % 31)) % 31 ===
      USCC_ALPHABET.indexOf(code[17]),
  valid_org_code: (code) =>
    /^[0-9A-Z]{8}-?[0-9X]$/.test(code) &&
    '0123456789X0'[11 - (weighted(code, ORG_WEIGHTS, (character) => parseInt(character, 36)) % 11)] ===
      code[code.length - 1],
  valid_person_id: (code) =>
    /^[0-9]{17}[0-9X]$/.test(code) &&
    dayOf(+code.slice(6, 10), +code.slice(10, 12), +code.slice(12, 14)) !== null &&
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

/** One that decides is enough; without it an unknown one leaves all unknown, as in SQL. */
function concluded(values, decisive) {
  if (values.includes(decisive)) return decisive;
  return values.includes(null) ? null : !decisive;
}

const CONCLUSIONS = {
  sum: (values) => (filled(values).length ? filled(values).reduce((sum, value) => sum + value, 0) : null),
  min: (values) => FUNCTIONS.min(...values),
  max: (values) => FUNCTIONS.max(...values),
  count: (values) => values.length,
  any: (values) => concluded(values, true),
  all: (values) => concluded(values, false),
  unique: (values) => new Set(filled(values)).size === filled(values).length,
  first: (values) => (values.length ? values[0] : null),
};

const EMPTY = { main: [], rows: {} };
const at = (values, slot) => (values[slot] === undefined ? null : values[slot]);
const attributeOf = (table, code) => (table[code] === undefined ? null : table[code]);

/**
 * Item → where its value stands in a record or row that was read: numbers are found faster than names.
 * @type {Map<string, number>}
 */
let slots = new Map();

/** Where an item's value stands. @param {string} key */
export function slotOf(key) {
  let slot = slots.get(key);
  if (slot === undefined) slots.set(key, (slot = slots.size));
  return slot;
}

/**
 * Compile something with slots of its own.
 * @template T
 * @param {Map<string, number>} own
 * @param {() => T} work
 * @returns {T}
 */
export function withSlots(own, work) {
  const before = slots;
  slots = own;
  try {
    return work();
  } finally {
    slots = before;
  }
}
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

/** One part that decides is enough; else one that is unknown leaves all unknown. */
const decided = (decisive, questions) => (context) => {
  /** @type {boolean|null} */
  let outcome = !decisive;
  for (const part of questions) {
    const value = part(context);
    if (value === decisive) return decisive;
    if (value === null) outcome = null;
  }
  return outcome;
};

/** Compile the rows that a check or a generator goes over. @param {any[]} node @returns {(context: any) => any[]} */
export function rowsQuestion([, form, group, ...when]) {
  const bare = (context) => (form ? context.forms[form] || EMPTY : context).rows[group] || [];
  if (!when.length) return bare;
  const shown = question(when[0]);
  return (context) => (shown(context) === true ? bare(context) : []);
}

const PLACES = {
  main: (slot) => (context) => at(context.main, slot),
  row: (slot) => (context) => at(context.row, slot),
  loop: (slot) => (context) => at(context.loop, slot),
  baseline: (slot) => (context) => at(context.baseline, slot),
  form: (slot, form) => (context) => at((context.forms[form] || EMPTY).main, slot),
};

const COMPILERS = {
  text: (value) => () => value,
  day: (days) => () => days,
  value: (place, key, form) => PLACES[place](slotOf(key), form),
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
    return both(question(left), question(right), (a, b) =>
      holds(a, b, RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b))),
    );
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
  and: (...parts) => decided(false, parts.map(question)),
  or: (...parts) => decided(true, parts.map(question)),
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
      return value === null ? null : attributeOf(context.attributes[table], value);
    };
  },
  sound: (place, group, key, problem) => {
    if (problem === 'rows' || problem === 'unknown')
      return (context) =>
        !context.problems.some((each) => each.problem === problem && (!group || each.group === group));
    return (context) => {
      if (!context.problems.length) return true;
      const index = place === 'row' ? context.index : -1;
      return !context.problems.some(
        (each) => each.key === key && each.index === index && each.group === group && each.problem === problem,
      );
    };
  },
  explained: (place, group, key) => (context) =>
    context.explained.has(place === 'row' ? `/${group}/${context.index}/${key}` : `/${key}`),
  over: (name, rows, element, condition) =>
    over(name, rowsQuestion(rows), element.map(question)[0], condition.map(question)[0]),
};

function call(name, ...parts) {
  if (name === 'present') return (context) => context.present.has(parts[0][1]);
  if (name === 'matches') {
    const pattern = new RegExp(`^(?:${parts[1][1]})$`, 'u');
    return among(question(parts[0]), (text) => pattern.test(text));
  }
  const questions = parts.map(question);
  const work = FUNCTIONS[name];
  if (name === 'blank') return (context) => questions[0](context) === null;
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
export function question(node) {
  return Array.isArray(node) ? COMPILERS[node[0]](...node.slice(1)) : () => node;
}
