// The line at the end of a section that shows whether its parts make the whole: taken from the checks themselves.

import { parse } from './values.js';
import { showNumber } from './rules.js';

const SIGNS = { '==': ['=', '≠'], '<=': ['≤', '＞'], '>=': ['≥', '＜'] };

/** The keys of a plain sum of items of this form; null if it is anything else. @param {any} node @returns {string[]|null} */
function addends(node) {
  if (!Array.isArray(node)) return null;
  if (node[0] === 'value') return node[1] === 'main' ? [node[2]] : null;
  if (node[0] === 'if') return addends(node[2]);
  if (node[0] === 'call' && node[1] === 'coalesce') return addends(node[2]);
  if (node[0] !== '+') return null;
  const [left, right] = [addends(node[1]), addends(node[2])];
  return left && right ? [...left, ...right] : null;
}

/** @param {any} page the form's controller */
export function drawSums(page) {
  const host = page.section.querySelector('.sums-host');
  if (!host) return;
  host.textContent = '';
  if (page.group) return;
  const blocks = new Map(page.blocks().map(([/** @type {HTMLElement} */ block]) => [block.dataset.key, block]));
  for (const rule of page.definition.rules.rules) {
    const [kind, operator, left, right] = Array.isArray(rule.node) ? rule.node : [];
    if (kind !== 'compare' || rule.each || !SIGNS[/** @type {'=='} */ (operator)]) continue;
    const [whole, parts] = [addends(left), addends(right)];
    if (!whole || !parts || whole.length + parts.length < 3 || ![...whole, ...parts].every((key) => blocks.has(key))) continue;
    const totals = [whole, parts].map((keys) => total(page, keys));
    if (totals.includes(null)) continue;
    const holds = !page.checks.findings.some((/** @type {any} */ finding) => finding.check === rule.id);
    const sign = SIGNS[/** @type {'=='} */ (operator)];
    const line = document.createElement('p');
    line.className = holds ? 'sums' : 'sums bad';
    const formula = document.createElement('span');
    formula.textContent = `${name(blocks, whole)} ${sign[0]} ${name(blocks, parts)}`;
    const result = document.createElement('strong');
    result.textContent = `${showNumber(/** @type {number} */ (totals[0]))} ${holds ? sign[0] : sign[1]} ${showNumber(/** @type {number} */ (totals[1]))}`;
    line.append(formula, result);
    host.append(line);
  }
}

/** @param {any} page @param {string[]} keys @returns {number|null} null while a part is missing */
function total(page, keys) {
  let sum = 0;
  for (const key of keys) {
    const { value } = parse({ key, type: 'decimal' }, page.draft.answers[key]);
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** @param {Map<string, any>} blocks @param {string[]} keys */
function name(blocks, keys) {
  return keys.map((key) => {
    const number = blocks.get(key).querySelector('.no');
    return number ? number.textContent : blocks.get(key).querySelector('.label span').textContent;
  }).join(' + ');
}
