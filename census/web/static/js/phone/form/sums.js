// The lines at the end of a page that show whether parts make the whole: taken from the checks themselves, for the
// items of a section, of one row, and for the totals of all rows.

import { keysOf, labelOf } from './sections.js';
import { parse } from '../../shared/values.js';
import { showNumber } from '../../shared/rules.js';

/** Comparison → sign when it holds, sign when it does not. @type {Record<string, [string, string]>} */
const SIGNS = { '==': ['=', '≠'], '<=': ['≤', '＞'], '>=': ['≥', '＜'] };
const FEWEST = 3; // one compared with one is no sum

/** @typedef {{key: string, group: string}} Term an item; with a group the item's total over its rows */
/** @typedef {{check: string, each: string, operator: string, whole: Term[], parts: Term[]}} Plan */

/**
 * The terms of a plain sum; null if it is anything else.
 * @param {any} node
 * @param {string} each
 * @returns {Term[]|null}
 */
function addends(node, each) {
  if (!Array.isArray(node)) return null;
  const [kind, first, second] = node;
  const scope = each ? 'row' : 'main';
  if (kind === 'value') return first === scope ? [{ key: second, group: '' }] : null;
  if (kind === 'if') return addends(second, each);
  if (kind === 'call' && first === 'coalesce') return addends(second, each);
  if (kind === 'over') return totalOf(node);
  if (kind !== '+') return null;
  const [left, right] = [addends(first, each), addends(second, each)];
  return left && right ? [...left, ...right] : null;
}

/** @param {any[]} node @returns {Term[]|null} */
function totalOf([, name, [, form, group], [element], condition]) {
  if (name !== 'sum' || form || condition.length) return null;
  let inner = element;
  while (Array.isArray(inner) && (inner[0] === 'if' || inner[0] === 'call')) [, , inner] = inner;
  return Array.isArray(inner) && inner[0] === 'value' && inner[1] === 'loop' ? [{ key: inner[2], group }] : null;
}

/** @type {WeakMap<any, Plan[]>} */
const known = new WeakMap();

/** @param {any} rules @returns {Plan[]} */
function plans(rules) {
  let found = known.get(rules);
  if (!found) {
    found = [];
    for (const rule of rules.rules) {
      const [kind, operator, left, right] = Array.isArray(rule.node) ? rule.node : [];
      if (kind !== 'compare' || !SIGNS[operator] || (rule.each && rule.each[1])) continue;
      const each = rule.each ? rule.each[2] : '';
      const [whole, parts] = [addends(left, each), addends(right, each)];
      if (whole && parts && (whole.length + parts.length >= FEWEST || [...whole, ...parts].some((term) => term.group)))
        found.push({ check: rule.id, each, operator, whole, parts });
    }
    known.set(rules, found);
  }
  return found;
}

/** @param {any} page the form's controller */
export function drawSums(page) {
  const host = page.section.querySelector('.sums-host');
  if (!host) return;
  const here = new Set(keysOf(page.section));
  const isHere = (/** @type {Plan} */ plan) => {
    const terms = [...plan.whole, ...plan.parts];
    if (page.group && page.row !== null) return plan.each === page.group;
    if (plan.each) return false; // of one row, and none is in front
    if (page.group) return terms.some((term) => term.group === page.group);
    return terms.some((term) => here.has(term.key)) && terms.every((term) => term.group || here.has(term.key));
  };
  const lines = plans(page.definition.rules)
    .filter(isHere)
    .map((plan) => lineOf(page, plan))
    .filter(Boolean);
  const state = lines.map((line) => /** @type {any} */ (line).outerHTML).join('');
  if (host.dataset.state === state) return;
  host.dataset.state = state;
  host.textContent = '';
  host.append(.../** @type {Node[]} */ (lines));
}

/** @param {any} page @param {Plan} plan @returns {HTMLElement|null} null while nothing is filled in */
function lineOf(page, { check, each, operator, whole, parts }) {
  const rows = each ? page.draft.answers[each] || [] : [];
  const values = (/** @type {Term[]} */ terms) =>
    terms.map((term) => valueOf(term, each ? rows[page.row] || {} : page.draft.answers, page.draft.answers));
  const [left, right] = [values(whole), values(parts)];
  const filled = right.filter((value) => value !== null).length;
  if (!filled) return null;
  const isWhole = ![...left, ...right].includes(null);
  const place = each && page.row !== null ? `/${each}/${page.row}/` : '/';
  const holds = !page.checks.findings.some(
    (/** @type {any} */ finding) => finding.check === check && finding.path.startsWith(place),
  );
  const [good, bad] = SIGNS[operator];
  const line = document.createElement('p');
  line.className = holds || !isWhole ? 'sums' : 'sums bad';
  const formula = document.createElement('span');
  formula.textContent = `${name(page, whole, each)} ${good} ${name(page, parts, each)}`;
  const result = document.createElement('strong');
  const sum = showNumber(total(right));
  const compared = `${showNumber(total(left))} ${holds ? good : bad} ${sum}`;
  result.textContent = isWhole ? compared : `已填 ${filled} / ${right.length} 项，合计 ${sum}`;
  line.append(formula, result);
  return line;
}

/** @param {(number|null)[]} values */
const total = (values) => values.reduce((/** @type {number} */ sum, value) => sum + (value || 0), 0);

/** @param {Term} term @param {any} own where items stand @param {any} answers @returns {number|null} */
function valueOf({ key, group }, own, answers) {
  const read = (/** @type {any} */ from) => parse({ key, type: 'decimal' }, from[key]).value;
  if (!group) return read(own);
  const values = (Array.isArray(answers[group]) ? answers[group] : [])
    .map(read)
    .filter((/** @type {any} */ value) => value !== null);
  return values.length ? total(values) : null;
}

/** @param {any} page @param {Term[]} terms @param {string} each */
function name(page, terms, each) {
  return terms
    .map(({ key, group }) => {
      const words = shortName(labelOf(group || each, key)) || key;
      return group ? `各行${words}之和` : words;
    })
    .join(' + ');
}

/** The official number of an item, else its name; '' without a label. @param {Element|null} label */
function shortName(label) {
  const words = label && (label.querySelector('.no') || label.querySelector('span'));
  return (words && words.textContent) || '';
}
