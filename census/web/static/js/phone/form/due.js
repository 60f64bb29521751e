// Which findings may be shown: nobody is told of a blank before having been there.

import { sectionOf } from './sections.js';

/** @typedef {import('../../shared/rules.js').Finding} Finding */

/**
 * Tell whether somebody has been where a finding is.
 * @param {any} page the form's controller
 * @param {Finding} finding
 */
export function isDue(page, finding) {
  const [first, row] = finding.path.slice(1).split('/');
  const section = sectionOf(first);
  // Of a group every row has its own turn: one that was just added is blank all over.
  if (row === undefined && section && page.draft.seen.includes(section.dataset.page || '')) return true;
  if (row !== undefined && page.touched.has(`/${first}/${row}`)) return true;
  return finding.paths.some((path) => page.touched.has(path));
}

/** What is to be said on the page in front, by path. @param {any} page @returns {Map<string, Finding[]>} */
export function dueHere(page) {
  /** @type {Map<string, Finding[]>} */
  const due = new Map(page.places.map((/** @type {[HTMLElement, string]} */ [, path]) => [path, []]));
  for (const finding of page.checks.findings) {
    const here = finding.paths.filter((/** @type {string} */ path) => due.has(path));
    if (here.length && isDue(page, finding)) for (const path of here) due.get(path)?.push(finding);
  }
  return due;
}
