// Between the answers and the controls that the server rendered: read a block, write a block, read a number back.
// A block is one `.item`; nothing here builds a field.

import { showNumber } from '../../shared/rules.js';

const WIDE = /[\uff01-\uff5e]/g;

/** @typedef {{inputs: HTMLInputElement[], read: Element|null, taken: Element|null}} Parts */

/**
 * What scripts work with in each block: the server's markup stays, so it is looked up once.
 * @type {WeakMap<Element, Parts>}
 */
const known = new WeakMap();

/** @param {Element} block @returns {Parts} */
function partsOf(block) {
  let parts = known.get(block);
  if (!parts)
    known.set(
      block,
      (parts = {
        inputs: [...block.querySelectorAll('input')].filter((input) => input.name),
        read: block.querySelector('.read'),
        taken: block.querySelector('[data-taken]'),
      }),
    );
  return parts;
}

/** @param {Element} block @returns {HTMLInputElement[]} */
export const controls = (block) => partsOf(block).inputs;

/**
 * How a number is written in a block: 'plain' or 'grouped' in threes, '' where there is none.
 * @param {Element} block
 */
function numberOf(block) {
  const [input] = controls(block);
  return (input && input.dataset.number) || '';
}

/** @param {Element} block */
const isGrouped = (block) => numberOf(block) === 'grouped';

/** Take away what a device showed of another answer. @param {Element} block */
export function clear(block) {
  const { taken } = partsOf(block);
  if (taken) taken.textContent = '';
  for (const output of block.getElementsByTagName('output')) output.textContent = '';
}

/** A typed number as it is stored: half-width, without spaces or separators. @param {string} text */
export function plain(text) {
  return text
    .replace(WIDE, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/[\s\u2009\u3000,]/g, '')
    .replace(/。/g, '.');
}

/**
 * The answer that stands in a block, in the contract's shape; null when blank.
 * @param {HTMLElement} block
 * @returns {any}
 */
export function read(block) {
  const kind = block.dataset.kind || 'text';
  const inputs = controls(block);
  const [first] = inputs;
  if (!first) return null;
  const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
  if (first.type === 'checkbox') return chosen.length ? chosen : null;
  if (first.type === 'radio') {
    if (!chosen.length) return null;
    return kind === 'yesno' ? chosen[0] === 'true' : chosen[0];
  }
  if (first.dataset.part) return readParts(kind, inputs);
  const text = first.value.trim();
  if (text === '') return null;
  return numberOf(block) ? plain(text) : text;
}

/** @param {string} kind @param {HTMLInputElement[]} inputs */
function readParts(kind, inputs) {
  /** @type {Record<string, any>} */
  const parts = {};
  for (const input of inputs) {
    const part = input.dataset.part || '';
    const text = part === 'at' ? input.value : plain(input.value); // a time keeps its colons and letters
    if (text === '') continue;
    // Degrees and minutes are whole numbers in the answer; what is none stays text, for its check to refuse.
    const isWhole = kind === 'dms' && part !== 's' && /^[0-9]+$/.test(text);
    parts[part] = isWhole ? Number(text) : text;
  }
  return Object.keys(parts).length ? parts : null;
}

/** Show an answer in its block. @param {HTMLElement} block @param {any} answer */
export function write(block, answer) {
  const blank = answer === null || answer === undefined;
  for (const input of controls(block)) {
    if (input.type === 'radio') input.checked = !blank && input.value === String(answer);
    else if (input.type === 'checkbox') input.checked = Array.isArray(answer) && answer.includes(input.value);
    else input.value = blank ? '' : textFor(input, answer);
  }
  const { taken } = partsOf(block);
  if (taken && !taken.querySelector('img')) taken.textContent = blank ? '' : '✓ 已存';
  readBack(block, answer);
}

/**
 * What stands in a box for an answer that is there.
 * @param {HTMLInputElement} input
 * @param {any} answer
 * @returns {string}
 */
function textFor(input, answer) {
  const { part } = input.dataset;
  if (part) {
    // An answer of another shape came from elsewhere: its boxes stay empty.
    if (typeof answer !== 'object' || answer[part] === null || answer[part] === undefined) return '';
    return String(answer[part]);
  }
  if (typeof answer === 'object') return JSON.stringify(answer);
  const isTyped = document.activeElement === input; // rewriting would move the cursor
  if (input.dataset.number === 'grouped' && !isTyped) return grouped(String(answer));
  return String(answer);
}

/** Group the digits of a number that nobody is typing in. @param {string} text */
export function grouped(text) {
  const found = /^(-?)([0-9]+)(\.[0-9]*)?$/.exec(text);
  return found ? found[1] + found[2].replace(/\B(?=([0-9]{3})+$)/g, '\u2009') + (found[3] || '') : text;
}

/**
 * Group a number once nobody types in it any more; before that, rewriting would move the cursor.
 * @param {HTMLElement} block
 */
export function dress(block) {
  if (!isGrouped(block)) return;
  const input = controls(block)[0];
  const dressed = grouped(plain(input.value));
  if (dressed !== input.value) input.value = dressed;
}

/** Say a large number in words beside the help: 约 1.24 万立方米. @param {HTMLElement} block @param {any} answer */
export function readBack(block, answer) {
  const place = partsOf(block).read;
  if (!place) return;
  const words = isGrouped(block) && typeof answer === 'string' ? inWords(Math.abs(Number(answer)), block, place) : '';
  if (place.textContent !== words) place.textContent = words;
}

/** @param {number} number @param {HTMLElement} block @param {Element} place @returns {string} */
function inWords(number, block, place) {
  if (!Number.isFinite(number) || number < 1e4) return ''; // what is small is read as it stands
  const [size, word] = number >= 1e8 ? [1e8, '亿'] : [1e4, '万'];
  const round = Number((number / size).toPrecision(3));
  const sure = round * size === number ? '即' : '约';
  const isFirst = place.parentElement && place.parentElement.firstChild === place;
  return `${isFirst ? '' : '，'}${sure} ${showNumber(round)} ${word}${block.dataset.unitWord || ''}`;
}

/**
 * How answers of a block are read out on a card or a button.
 * @param {HTMLElement} block
 * @returns {(answer: any) => string}
 */
export function reader(block) {
  const options = new Map(
    controls(block)
      .filter((input) => input.type === 'radio' || input.type === 'checkbox')
      .map((input) => [input.value, (block.querySelector(`label[for="${input.id}"]`) || input).textContent || '']),
  );
  const isNumber = isGrouped(block);
  const unit = block.dataset.unitWord ? ` ${block.dataset.unitWord}` : '';
  /** @type {(answer: any) => string} */
  const say = (answer) => {
    if (answer === null || answer === undefined) return '';
    if (typeof answer === 'boolean') return answer ? '是' : '否';
    if (Array.isArray(answer)) return answer.map(say).join('、');
    if (typeof answer === 'object') return degrees(answer) || Object.values(answer).join(' ');
    return options.get(answer) || (isNumber ? grouped(answer) + unit : String(answer));
  };
  return say;
}

/** @param {any} answer */
const degrees = ({ d, m, s }) => (s === undefined ? '' : `${d}°${m}′${s}″`);
