// The sections of a form page as the server made them: what each asks for, and where an item stands.

/** @type {any} */
export const host = document.getElementById('form');
export const form = host.querySelector('form');
export const sections = /** @type {HTMLElement[]} */ ([...form.querySelectorAll('section[data-page]')]);

/** @param {HTMLElement} section @returns {string[]} */
function askedBy(section) {
  const { group } = section.dataset;
  if (group) return [group]; // its items belong to rows
  return [...section.querySelectorAll('.item')].map((block) => /** @type {HTMLElement} */ (block).dataset.key || '');
}

/** Looked up once: the markup stays. @type {Map<HTMLElement, string[]>} */
const keysIn = new Map(sections.map((section) => [section, askedBy(section)]));

/** The items that a section asks for, or its group. @param {HTMLElement} section */
export const keysOf = (section) => keysIn.get(section) || [];

/** @type {Map<string, HTMLElement>} */
const standsIn = new Map(
  sections.flatMap((section) => keysOf(section).map((key) => /** @type {[string, HTMLElement]} */ ([key, section]))),
);

/** The section in which a group, or an item outside rows, stands. @param {string} name */
export const sectionOf = (name) => standsIn.get(name);

/**
 * The label of an item, in a row of a group or outside.
 * @param {string} group
 * @param {string} key
 * @returns {Element|null}
 */
export function labelOf(group, key) {
  const section = sectionOf(group || key);
  const template = group && section && section.querySelector('template[data-row]');
  const place = template ? /** @type {HTMLTemplateElement} */ (template).content : section;
  const block = place && place.querySelector(`.item[data-key="${key}"]`);
  return block ? block.querySelector('.label, legend') : null;
}
