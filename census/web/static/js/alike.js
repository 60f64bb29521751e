// Names that are like another one, by the pairs of letters that they share: enough to see the same workshop under two names.

const LEAST = 0.45;
const MOST = 5;
const EMPTY = /有限责任公司|有限公司|股份|个体工商户|\s|[（）()·.,，。-]/g;

/** @param {string} name @returns {Set<string>} */
function pairs(name) {
  const plain = name.replace(EMPTY, '');
  const found = new Set();
  for (let index = 0; index + 1 < plain.length; index += 1) found.add(plain.slice(index, index + 2));
  return found;
}

/**
 * The likest first. @param {[string, string, string][]} names id, name, address @param {string} wanted
 * @returns {[string, string, string][]}
 */
export function alike(names, wanted) {
  const text = wanted.trim();
  if (text.length < 2) return [];
  const own = pairs(text);
  const scored = names.map((one) => ({ one, score: likeness(one[1], text, own) })).filter(({ score }) => score >= LEAST);
  return scored.sort((a, b) => b.score - a.score).slice(0, MOST).map(({ one }) => one);
}

/** @param {string} name @param {string} text @param {Set<string>} own */
function likeness(name, text, own) {
  if (name.includes(text)) return 1;
  const other = pairs(name);
  let shared = 0;
  for (const pair of own) if (other.has(pair)) shared += 1;
  return own.size && other.size ? (2 * shared) / (own.size + other.size) : 0;
}
