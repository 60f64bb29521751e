// Answers check requests, one JSON line each: {rules, records, codes, boundaries} → findings of each record.
import { createInterface } from 'node:readline';
import { checkRecord, FUNCTIONS, LENIENT } from '../census/web/static/js/rules.js';

const books = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.functions) {
    process.stdout.write(`${JSON.stringify({ functions: Object.keys(FUNCTIONS), lenient: LENIENT })}\n`);
    continue;
  }
  if (request.rules) books.set(request.book, { rules: request.rules, codes: setsOf(request.codes), boundaries: request.boundaries });
  const { rules, codes, boundaries } = books.get(request.book);
  const surroundings = { codes: (name) => codes[name] || null, boundary: (code) => boundaries[code.slice(0, 6)] || null };
  const findings = request.records.map((record) => checkRecord(rules, record.answers, { ...surroundings, ...record }));
  if (request.forget) books.delete(request.book);
  process.stdout.write(`${JSON.stringify(findings)}\n`);
}

function setsOf(codes) {
  return Object.fromEntries(Object.entries(codes).map(([name, list]) => [name, new Set(list)]));
}
