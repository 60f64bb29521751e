// Between the answers and the controls that the server rendered: read a block, write a block, read a number back.
// A block is one `.item`; nothing here builds a field.

import { showNumber } from '../../shared/rules.js';

const NUMBERS = new Set(['integer', 'decimal', 'year']);
const GROUPED = new Set(['integer', 'decimal']);
const WIDE = /[\uff01-\uff5e]/g;

/** @typedef {{inputs: HTMLInputElement[], read: Element|null, taken: Element|null}} Parts */

/** What scripts work with in each block: the server's markup stays, so it is looked up once. @type {WeakMap<Element, Parts>} */
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

/** The answer that stands in a block, in the contract's shape; null when blank. @param {HTMLElement} block @returns {any} */
export function read(block) {
  const kind = block.dataset.kind || 'text';
  const inputs = controls(block);
  if (kind === 'yesno') {
    const chosen = inputs.find((input) => input.checked);
    return chosen ? chosen.value === 'true' : null;
  }
  if (kind === 'multichoice') {
    const codes = inputs.filter((input) => input.checked).map((input) => input.value);
    return codes.length ? codes : null;
  }
  if (inputs[0] && inputs[0].type === 'radio') {
    const chosen = inputs.find((input) => input.checked);
    return chosen ? chosen.value : null;
  }
  if (kind === 'dms' || kind === 'gps') return readParts(kind, inputs);
  const text = inputs[0] ? inputs[0].value.trim() : '';
  if (text === '') return null;
  return NUMBERS.has(kind) ? plain(text) : text;
}

/** @param {string} kind @param {HTMLInputElement[]} inputs */
function readParts(kind, inputs) {
  /** @type {Record<string, any>} */
  const parts = {};
  for (const input of inputs) {
    const text = input.dataset.part === 'at' ? input.value : plain(input.value);
    if (text !== '')
      parts[input.dataset.part || ''] =
        kind === 'dms' && input.dataset.part !== 's' && /^[0-9]+$/.test(text) ? Number(text) : text;
  }
  return Object.keys(parts).length ? parts : null;
}

/** Show an answer in its block. @param {HTMLElement} block @param {any} answer */
export function write(block, answer) {
  const kind = block.dataset.kind || 'text';
  const blank = answer === null || answer === undefined;
  for (const input of controls(block)) {
    if (input.type === 'radio') input.checked = !blank && input.value === String(answer);
    else if (input.type === 'checkbox') input.checked = Array.isArray(answer) && answer.includes(input.value);
    else if (input.dataset.part)
      input.value =
        blank || typeof answer !== 'object' || answer[input.dataset.part] == null
          ? ''
          : String(answer[input.dataset.part]);
    else
      input.value = blank
        ? ''
        : typeof answer === 'object'
          ? JSON.stringify(answer)
          : GROUPED.has(kind) && document.activeElement !== input
            ? grouped(String(answer))
            : String(answer);
  }
  const { taken } = partsOf(block);
  if (taken && !taken.querySelector('img')) taken.textContent = blank ? '' : '✓ 已存';
  readBack(block, answer);
}

/** Group the digits of a number that nobody is typing in. @param {string} text */
export function grouped(text) {
  const found = /^(-?)([0-9]+)(\.[0-9]*)?$/.exec(text);
  return found ? found[1] + found[2].replace(/\B(?=([0-9]{3})+$)/g, '\u2009') + (found[3] || '') : text;
}

/** Group a number once nobody types in it any more; before that, rewriting would move the cursor. @param {HTMLElement} block */
export function dress(block) {
  if (!GROUPED.has(block.dataset.kind || '')) return;
  const input = controls(block)[0];
  const dressed = grouped(plain(input.value));
  if (dressed !== input.value) input.value = dressed;
}

/** Say a large number in words beside the help: 约 1.24 万立方米. @param {HTMLElement} block @param {any} answer */
export function readBack(block, answer) {
  const place = partsOf(block).read;
  if (!place) return;
  const number = GROUPED.has(block.dataset.kind || '') && typeof answer === 'string' ? Math.abs(Number(answer)) : 0;
  const [size, word] = number >= 1e8 ? [1e8, ' 亿'] : number >= 1e4 ? [1e4, ' 万'] : [0, ''];
  const help = place.parentElement && place.parentElement.firstChild === place;
  const round = Number((number / (size || 1)).toPrecision(3));
  const words =
    size && Number.isFinite(number)
      ? `${help ? '' : '，'}${round * size === number ? '即' : '约'} ${showNumber(round)}${word}${block.dataset.unitWord || ''}`
      : '';
  if (place.textContent !== words) place.textContent = words;
}

/** How answers of a block are read out on a card or a button. @param {HTMLElement} block @returns {(answer: any) => string} */
export function reader(block) {
  const options = new Map(
    controls(block)
      .filter((input) => input.type === 'radio' || input.type === 'checkbox')
      .map((input) => [input.value, (block.querySelector(`label[for="${input.id}"]`) || input).textContent || '']),
  );
  const isNumber = GROUPED.has(block.dataset.kind || '');
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
