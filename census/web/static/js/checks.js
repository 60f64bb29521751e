// Findings of one draft, kept up to date as it changes: only checks that lean on what changed are asked again.

import { checkRecord, checksTouching, computed, hidden } from './rules.js';
import { setAt, valueAt } from './answers.js';

/** @typedef {import('./rules.js').Finding} Finding */

const BLANK = /\.required$/;

/** The outlines of regions that a definition brings along. @param {any} definition @returns {(code: string) => number[][][]|null} */
export const boundaryOf = (definition) => (code) => definition.boundaries[code] || null;

export class Checks {
  /** @param {any} rules @param {import('./draft.js').Draft} draft @param {any} surroundings related, baseline, codes, boundary */
  constructor(rules, draft, surroundings) {
    this.rules = rules;
    this.draft = draft;
    this.surroundings = surroundings;
    this.order = new Map(rules.rules.map((/** @type {any} */ rule, /** @type {number} */ index) => [rule.id, index]));
    /** @type {Finding[]} */
    this.findings = [];
    /** @type {Set<string>} */
    this.hidden = new Set();
    this.all();
  }

  around() {
    return { ...this.surroundings, explained: this.draft.explanations.map((one) => one.path) };
  }

  /** Ask everything. */
  all() {
    this.work();
    this.findings = checkRecord(this.rules, this.draft.answers, this.around());
  }

  /** Ask what leans on an item or group. @param {string} key @returns {string[]} keys that the program worked out anew */
  changed(key) {
    const worked = this.work();
    const ids = new Set([key, ...worked].flatMap((one) => checksTouching(this.rules, one)));
    const fresh = checkRecord(this.rules, this.draft.answers, { ...this.around(), only: ids });
    const place = (/** @type {Finding} */ finding) => this.order.get(finding.check) || 0;
    this.findings = [...this.findings.filter((finding) => !ids.has(finding.check)), ...fresh].sort((a, b) => place(a) - place(b));
    return worked;
  }

  /** Fill in computed items and note what is not asked. @returns {string[]} */
  work() {
    this.hidden = hidden(this.rules, this.draft.answers, this.around());
    const worked = [];
    const values = computed(this.rules, this.draft.answers, this.around());
    for (const [group, key] of this.rules.computed) {
      const rows = group ? (this.draft.answers[group] || []).map((/** @type {any} */ _row, /** @type {number} */ index) => `/${group}/${index}/${key}`) : [`/${key}`];
      for (const path of rows) {
        const value = values.get(path);
        const text = value === undefined ? null : typeof value === 'boolean' ? value : typeof value === 'number' ? String(Number(value.toPrecision(12))) : value;
        if (valueAt(this.draft.answers, path) !== (text === null ? undefined : text)) {
          setAt(this.draft.answers, path, text);
          worked.push(key);
        }
      }
    }
    return worked;
  }

  /** @param {Finding} finding */
  explanation(finding) {
    const found = this.draft.explanations.find((one) => one.check === finding.check && one.path === finding.path);
    return found ? found.text : '';
  }

  /** @param {Finding} finding @param {string} text */
  explain(finding, text) {
    this.draft.explanations = this.draft.explanations.filter((one) => one.check !== finding.check || one.path !== finding.path);
    if (text.trim()) this.draft.explanations.push({ check: finding.check, path: finding.path, text: text.trim() });
  }

  /** Sorted into the three things there are to do. @param {(finding: Finding) => boolean} [within] */
  open(within = () => true) {
    const inside = this.findings.filter(within);
    return {
      blank: inside.filter((finding) => BLANK.test(finding.check)),
      error: inside.filter((finding) => finding.severity === 'error' && !BLANK.test(finding.check)),
      warning: inside.filter((finding) => finding.severity === 'warning' && !this.explanation(finding)),
    };
  }

  /** Explanations of warnings that no longer stand are not sent. */
  standing() {
    const there = new Set(this.findings.map((finding) => `${finding.check} ${finding.path}`));
    return this.draft.explanations.filter((one) => there.has(`${one.check} ${one.path}`));
  }
}
