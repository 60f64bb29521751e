// Findings of one draft, kept up to date as it changes: only checks that lean on what changed are asked again.

import { Record } from '../../shared/record.js';

/** @typedef {import('../../shared/rules.js').Finding} Finding */
/** @typedef {{error: number, warning: number, blank: number}} Counts what there is to do */

const BLANK = /\.required$/;

/**
 * The outlines of regions that a definition brings along.
 * @param {any} definition
 * @returns {(code: string) => number[][][]|null}
 */
export const boundaryOf = (definition) => (code) => definition.boundaries[code] || null;

export class Checks {
  /**
   * @param {any} rules
   * @param {import('./draft.js').Draft} draft
   * @param {any} surroundings related, baseline, codes, boundary
   */
  constructor(rules, draft, surroundings) {
    this.rules = rules;
    this.draft = draft;
    const around = () => ({ ...surroundings, explained: this.draft.explanations.map((one) => one.path) });
    /** @type {Map<string, Counts>|null} */
    this.counted = null;
    this.record = new Record(rules, () => this.draft.answers, around);
  }

  /** @returns {Finding[]} */
  get findings() {
    return this.record.findings;
  }

  /** Paths of what is not asked now. */
  get hidden() {
    return this.record.hidden;
  }

  /** Ask everything. */
  all() {
    this.record.refresh();
  }

  /** Ask what leans on an answer. @param {string} path @returns {string[]} paths that the program worked out anew */
  changed(path) {
    return this.record.changed(path);
  }

  /** @param {Finding} finding */
  explanation(finding) {
    const found = this.draft.explanations.find((one) => one.check === finding.check && one.path === finding.path);
    return found ? found.text : '';
  }

  /** @param {Finding} finding @param {string} text */
  explain(finding, text) {
    this.draft.explanations = this.draft.explanations.filter(
      (one) => one.check !== finding.check || one.path !== finding.path,
    );
    if (text.trim()) this.draft.explanations.push({ check: finding.check, path: finding.path, text: text.trim() });
    this.counted = null;
    this.record.explained();
  }

  /**
   * Which of the three things to do a finding is; null for a warning that is explained.
   * @param {Finding} finding
   * @returns {'blank'|'error'|'warning'|null}
   */
  kind(finding) {
    if (finding.severity === 'warning') return this.explanation(finding) ? null : 'warning';
    return BLANK.test(finding.check) ? 'blank' : 'error';
  }

  /** Sorted into the three things there are to do. @param {(finding: Finding) => boolean} [within] */
  open(within = () => true) {
    /** @type {{blank: Finding[], error: Finding[], warning: Finding[]}} */
    const sorted = { blank: [], error: [], warning: [] };
    for (const finding of this.findings) {
      const kind = within(finding) && this.kind(finding);
      if (kind) sorted[kind].push(finding);
    }
    return sorted;
  }

  /** How much there is to do, by where: item or group, row of a group; '' for all. @returns {Map<string, Counts>} */
  tally() {
    if (this.counted && this.countedFor === this.findings) return this.counted;
    /** @type {Map<string, Counts>} */
    const counts = new Map([['', { error: 0, warning: 0, blank: 0 }]]);
    for (const finding of this.findings) {
      const kind = this.kind(finding);
      if (!kind) continue;
      const [first, row] = finding.path.slice(1).split('/');
      for (const place of row === undefined ? ['', `/${first}`] : ['', `/${first}`, `/${first}/${row}`]) {
        let found = counts.get(place);
        if (!found) counts.set(place, (found = { error: 0, warning: 0, blank: 0 }));
        found[kind] += 1;
      }
    }
    this.countedFor = this.findings;
    this.counted = counts;
    return counts;
  }

  /** Explanations of warnings that no longer stand are not sent. */
  standing() {
    const there = new Set(this.findings.map((finding) => `${finding.check} ${finding.path}`));
    return this.draft.explanations.filter((one) => there.has(`${one.check} ${one.path}`));
  }
}
