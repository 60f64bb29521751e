// Suggestions for a long code list, by code, by words of the name or by pinyin initials; the typed code stays the answer.

const SHOWN = 30;
let count = 0;

/**
 * @param {HTMLInputElement} input @param {string[][]} entries code, label, pinyin
 * @param {() => void} chosen called when a suggestion was taken
 */
export function attach(input, entries, chosen) {
  count += 1;
  const combo = /** @type {HTMLElement} */ (input.closest('.combo'));
  const list = document.createElement('ul');
  list.id = `suggestions-${count}`;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', '建议');
  list.hidden = true;
  combo.append(list);
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': list.id, 'aria-expanded': 'false' })) input.setAttribute(name, value);
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const take = (/** @type {number} */ index) => {
    const option = /** @type {HTMLElement|undefined} */ (list.children[index]);
    if (!option) return;
    input.value = option.dataset.code || '';
    close();
    chosen();
  };
  const move = (/** @type {number} */ to) => {
    active = Math.max(0, Math.min(list.children.length - 1, to));
    [...list.children].forEach((option, index) => option.setAttribute('aria-selected', String(index === active)));
    const option = list.children[active];
    if (option) { input.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); }
  };
  const suggest = () => {
    const found = search(entries, input.value);
    list.textContent = '';
    found.forEach(([code, label], index) => {
      const option = document.createElement('li');
      option.id = `${list.id}-${index}`;
      option.dataset.code = code;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      const mark = document.createElement('b');
      mark.textContent = code;
      option.append(mark, label);
      list.append(option);
    });
    active = -1;
    list.hidden = !found.length;
    input.setAttribute('aria-expanded', String(Boolean(found.length)));
  };

  input.addEventListener('input', suggest);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') return close();
    if (event.key === 'Enter' && active >= 0) { event.preventDefault(); return take(active); }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return undefined;
    event.preventDefault();
    if (list.hidden) suggest();
    return move(active + (event.key === 'ArrowDown' ? 1 : -1));
  });
  input.addEventListener('blur', () => setTimeout(close, 150));
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = /** @type {Element} */ (event.target).closest('[role=option]');
    if (option) take([...list.children].indexOf(option));
  });
}

/** As forms.codelists.CodeList.search: codes that begin so, then names that begin so, then the rest. @param {string[][]} entries @param {string} text */
export function search(entries, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const ranked = entries.map((entry) => /** @type {[number, string[]]} */ ([rank(entry, wanted), entry])).filter(([place]) => place >= 0);
  return ranked.sort((a, b) => a[0] - b[0]).slice(0, SHOWN).map(([, entry]) => entry);
}

/** @param {string[]} entry @param {string[]} wanted */
function rank([code, label, pinyin = ''], wanted) {
  const [low, name, sound] = [code, label, pinyin].map((part) => part.toLowerCase());
  if (!wanted.every((word) => low.startsWith(word) || name.includes(word) || (sound && sound.includes(word)))) return -1;
  if (low.startsWith(wanted[0])) return 0;
  return name.startsWith(wanted[0]) ? 1 : 2;
}
