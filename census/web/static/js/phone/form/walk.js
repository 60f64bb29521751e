// Enter leads from box to box, as on a calculator: to the next one, after the last to the main action.

/** Whether one stops at a box. @param {HTMLInputElement} input */
function isMet(input) {
  if (!input.getClientRects().length) return false; // hidden: not asked now
  if (input.type !== 'radio' || input.checked) return true;
  return input === input.closest('ul')?.querySelector('input'); // of a choice without an answer the first
}

/** @param {HTMLInputElement} from @param {HTMLInputElement} input */
function isBehind(from, input) {
  const stands = from.compareDocumentPosition(input);
  return (stands & Node.DOCUMENT_POSITION_FOLLOWING) !== 0; // a set of flags, not a number
}

/** @param {KeyboardEvent} event @param {HTMLElement} section @param {HTMLElement} forward the main action */
export function walk(event, section, forward) {
  const { target: from } = event;
  if (event.key !== 'Enter' || !(from instanceof HTMLInputElement)) return;
  if (event.defaultPrevented) return; // it took a suggestion of a list
  if (event.isComposing) return; // it took a word of the Chinese keyboard
  event.preventDefault();
  const boxes = /** @type {HTMLInputElement[]} */ ([
    ...section.querySelectorAll('input:not([type=hidden]):not([readonly])'),
  ]);
  const next = boxes.find((input) => {
    if (input.type === 'radio' && input.name === from.name) return false; // the same question
    return isMet(input) && isBehind(from, input);
  });
  (next || forward).focus();
}
