// Suggestions for a long code list: by code, by words of the name or by pinyin initials; without a word what was chosen
// lately, and level by level where the list has levels. The typed code stays the answer.

const SHOWN = 50;
const RECENT = 5;
let count = 0;

/** @typedef {import('./lists.js').Entry} Entry */
/**
 * @typedef {{entry: Entry, hint: string, to: string|null}} Choice `to`: where it leads instead of being taken; '' is
 *   the top
 */

/**
 * @param {HTMLInputElement} input
 * @param {Entry[]} entries
 * @param {() => void} chosen called when a suggestion was taken
 * @param {string} [memory] where this phone remembers what was chosen
 */
export function attach(input, entries, chosen, memory = '') {
  count += 1;
  const combo = /** @type {HTMLElement} */ (input.closest('.combo'));
  const list = document.createElement('ul');
  list.id = `suggestions-${count}`;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', '建议');
  list.hidden = true;
  combo.append(list);
  for (const [name, value] of Object.entries({
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
    'aria-expanded': 'false',
  }))
    input.setAttribute(name, value);
  const levels = new Levels(entries);
  let active = -1;
  let level = levels.first;
  /** @type {Choice[]} */
  let choices = [];

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const take = (/** @type {number} */ index) => {
    const choice = choices[index];
    if (!choice) return;
    if (choice.to !== null) {
      level = choice.to;
      input.value = '';
      suggest();
      return;
    }
    input.value = choice.entry[0];
    remember(memory, choice.entry[0]);
    close();
    chosen();
  };
  const move = (/** @type {number} */ to) => {
    active = Math.max(0, Math.min(list.children.length - 1, to));
    [...list.children].forEach((option, index) => option.setAttribute('aria-selected', String(index === active)));
    const option = list.children[active];
    if (option) {
      input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    }
  };
  const suggest = () => {
    const asked = input.value.trim();
    if (asked) choices = search(entries, asked).map((entry) => ({ entry, hint: '', to: null }));
    else if (level === levels.first) choices = [...recent(memory, entries), ...levels.choices(level)];
    else choices = levels.choices(level);
    list.textContent = '';
    choices.forEach(({ entry: [code, label], hint, to }, index) => {
      const option = document.createElement('li');
      option.id = `${list.id}-${index}`;
      if (to === null) option.dataset.code = code;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      const mark = document.createElement('b');
      mark.textContent = to === null || to ? code : '';
      const name = document.createElement('span');
      name.textContent = label;
      const more = document.createElement('span');
      more.className = 'quiet small';
      more.textContent = hint;
      option.append(mark, name, more);
      list.append(option);
    });
    active = -1;
    list.hidden = !choices.length;
    list.scrollTop = 0;
    input.setAttribute('aria-expanded', String(Boolean(choices.length)));
  };

  input.addEventListener('input', suggest);
  input.addEventListener('click', () => {
    if (list.hidden && !input.value) suggest();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') return close();
    if (event.key === 'Enter' && active >= 0 && !list.hidden) {
      event.preventDefault();
      return take(active);
    }
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
  if (document.activeElement === input) suggest(); // somebody typed before the list was here
}

/** The levels of a list: province, city, county, town, village; sector, division, group, class. */
class Levels {
  /** @param {Entry[]} entries */
  constructor(entries) {
    this.byCode = new Map(entries.map((entry) => [entry[0], entry]));
    /** @type {Map<string, Entry[]>} */
    this.below = new Map();
    for (const entry of entries) {
      const above = entry[3] && this.byCode.has(entry[3]) ? entry[3] : '';
      this.below.set(above, [...(this.below.get(above) || []), entry]);
    }
    this.first = '';
    for (
      let only = this.below.get('');
      only && only.length === 1 && only[0][4] === 0;
      only = this.below.get(this.first)
    )
      [[this.first]] = only;
  }

  /** The line that leads up again; none at the top. @param {string} level @returns {Choice[]} */
  wayBack(level) {
    const here = this.byCode.get(level);
    if (!here || level === this.first) return [];
    const above = here[3] && this.byCode.has(here[3]) ? here[3] : '';
    return [{ entry: [here[0], `‹ ${here[1]}`, ''], hint: '返回上一级', to: above || this.first }];
  }

  /** @param {string} level @returns {Choice[]} */
  choices(level) {
    const back = this.wayBack(level);
    const below = this.below.get(level) || [];
    return [
      ...back,
      ...below.map((entry) => ({
        entry,
        hint: this.below.has(entry[0]) ? '›' : '',
        to: entry[4] === 0 ? entry[0] : null,
      })),
    ].slice(0, back.length + 400);
  }
}

/** @param {string} memory @returns {string[]} */
const remembered = (memory) => (memory ? (localStorage.getItem(memory) || '').split(' ').filter(Boolean) : []);

/** @param {string} memory @param {string} code */
function remember(memory, code) {
  if (memory)
    localStorage.setItem(
      memory,
      [code, ...remembered(memory).filter((one) => one !== code)].slice(0, RECENT).join(' '),
    );
}

/** @param {string} memory @param {Entry[]} entries @returns {Choice[]} */
const recent = (memory, entries) =>
  remembered(memory).flatMap((code) =>
    entries.filter((entry) => entry[0] === code).map((entry) => ({ entry, hint: '最近选过', to: null })),
  );

/**
 * As forms.codelists.CodeList.search: codes that begin so, then names that begin so, then the rest.
 * @param {Entry[]} entries
 * @param {string} text
 * @returns {Entry[]}
 */
export function search(entries, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const ranked = entries
    .filter((entry) => entry[4] !== 0)
    .map((entry) => /** @type {[number, Entry]} */ ([rank(entry, wanted), entry]))
    .filter(([place]) => place >= 0);
  return ranked
    .sort((a, b) => a[0] - b[0])
    .slice(0, SHOWN)
    .map(([, entry]) => entry);
}

/** @param {Entry} entry @param {string[]} wanted */
function rank([code, label, pinyin = ''], wanted) {
  const [low, name, sound] = [code, label, pinyin].map((part) => part.toLowerCase());
  if (!wanted.every((word) => low.startsWith(word) || name.includes(word) || (sound && sound.includes(word))))
    return -1;
  if (low.startsWith(wanted[0])) return 0;
  return name.startsWith(wanted[0]) ? 1 : 2;
}
