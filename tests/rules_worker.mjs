// Answers check requests, one JSON line each: {rules, records, codes, boundaries} → findings of each record;
// {rules, answers, edits, …} → where a record that is kept up to date differs from one that is asked anew.
import { createInterface } from 'node:readline';
import { setAt } from '../census/web/static/js/shared/answers.js';
import { FUNCTIONS, LENIENT } from '../census/web/static/js/shared/questions.js';
import { Record } from '../census/web/static/js/shared/record.js';
import { checkRecord } from '../census/web/static/js/shared/rules.js';

const books = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.functions) {
    process.stdout.write(`${JSON.stringify({ functions: Object.keys(FUNCTIONS), lenient: LENIENT })}\n`);
    continue;
  }
  if (request.rules)
    books.set(request.book, { rules: request.rules, codes: setsOf(request.codes), boundaries: request.boundaries });
  const { rules, codes, boundaries } = books.get(request.book);
  const surroundings = {
    codes: (name) => codes[name] || null,
    boundary: (code) => boundaries[code.slice(0, 6)] || null,
  };
  if (request.edits) {
    process.stdout.write(`${JSON.stringify(differences(rules, request, surroundings))}\n`);
    continue;
  }
  const findings = request.records.map((record) => checkRecord(rules, record.answers, { ...surroundings, ...record }));
  if (request.forget) books.delete(request.book);
  process.stdout.write(`${JSON.stringify(findings)}\n`);
}

function setsOf(codes) {
  return Object.fromEntries(Object.entries(codes).map(([name, list]) => [name, new Set(list)]));
}

function differences(rules, { answers, edits }, surroundings) {
  const record = new Record(
    rules,
    () => answers,
    () => surroundings,
  );
  return edits.flatMap(([path, value]) => {
    const group = path.slice(1);
    if (rules.groups.includes(group)) {
      answers[group] = [...(answers[group] || []), value];
      record.added(group);
    } else {
      setAt(answers, path, value);
      record.changed(path);
    }
    const copy = JSON.parse(JSON.stringify(answers));
    const anew = new Record(
      rules,
      () => copy,
      () => surroundings,
    );
    const told = [record, anew].map((one) => JSON.stringify([one.findings, [...one.hidden].sort()]));
    const whole = JSON.stringify(checkRecord(rules, copy, surroundings));
    return told[0] === told[1] &&
      JSON.stringify(record.findings) === whole &&
      JSON.stringify(answers) === JSON.stringify(copy)
      ? []
      : [{ path, value }];
  });
}
