// Keys for the desk: J/K records, N/P problems, A approve, R return, C comment, ? help. Every key presses a link or
// button that is on the page; without this file the page works the same by mouse and Tab.

/** @returns {boolean} whether the keyboard is busy writing */
function isWriting() {
  const at = document.activeElement;
  return (
    at instanceof HTMLElement && (at.matches('textarea, select, input:not([type="checkbox"])') || at.isContentEditable)
  );
}

/** @param {string} key */
function press(key) {
  const target = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(key)}"]`));
  if (!target || target.hasAttribute('disabled')) return false;
  if (target instanceof HTMLDetailsElement) {
    target.open = !target.open;
    const box = target.querySelector('textarea');
    if (target.open && box) box.focus();
  } else {
    target.click();
  }
  return true;
}

/** @param {1 | -1} step */
function goToProblem(step) {
  const problems = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-problem]')]);
  if (!problems.length) return false;
  const here = problems.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const from = here < 0 && step < 0 ? 0 : here; // from outside, forward to the first and back to the last
  const next = (from + step + problems.length) % problems.length;
  problems[next].focus({ preventScroll: true });
  problems[next].scrollIntoView({ block: 'center' });
  return true;
}

/**
 * In a list, J and K walk along the records; Enter opens the one that has the focus, as always.
 * @param {1 | -1} step
 */
function goToRecord(step) {
  const records = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-record]')]);
  if (!records.length) return false;
  const here = records.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  records[Math.min(Math.max(here + step, 0), records.length - 1)].focus();
  return true;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') {
    for (const open of document.querySelectorAll('details.drop[open]')) open.removeAttribute('open');
    return;
  }
  if (isWriting()) return;
  const key = event.key.toLowerCase();
  let done = false;
  if (key === 'n') done = goToProblem(1);
  else if (key === 'p') done = goToProblem(-1);
  else if (key === 'j' || key === 'k') done = press(key) || goToRecord(key === 'j' ? 1 : -1);
  else if ('arc?'.includes(key)) done = press(key);
  if (done) event.preventDefault();
});

const marks = document.getElementById('marks');
const count = document.querySelector('[data-count]');
if (marks && count) {
  const show = () => {
    const number = marks.querySelectorAll('input[name="path"]:checked').length;
    count.textContent = number ? ` ${number} 项` : '';
  };
  marks.addEventListener('change', show);
  show();
}

// A page fetched ahead ends the enumerator's recall only once somebody looks at it.
const columns = /** @type {HTMLElement | null} */ (document.querySelector('[data-opened]'));
if (columns && columns.dataset.opened) {
  fetch(columns.dataset.opened, { method: 'POST', headers: { 'X-CSRF-Token': columns.dataset.csrf || '' } }).catch(
    () => {},
  );
}
const following = /** @type {HTMLAnchorElement | null} */ (document.querySelector('[data-ahead]'));
if (following) {
  const hint = document.createElement('link');
  hint.rel = 'prefetch';
  hint.href = following.href;
  document.head.append(hint);
}
