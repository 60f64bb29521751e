// Names that are like another one, by the pairs of letters that they share: enough to see the same workshop under two
// names.

const LEAST = 0.45;
const MOST = 5;
const TAIL = 6;
const NEAR_M = 50;
const METRES_PER_DEGREE = 111320;
const EMPTY = /有限责任公司|有限公司|股份|个体工商户|\s|[（）()·.,，。-]/g;

/** @param {string} name @returns {Set<string>} */
function pairs(name) {
  const plain = name.replace(EMPTY, '');
  const found = new Set();
  for (let index = 0; index + 1 < plain.length; index += 1) found.add(plain.slice(index, index + 2));
  return found;
}

/**
 * The likest first: the same credit code, a like name (or its pinyin initials), or within 50 metres.
 * @param {import('./names.js').Name[]} names
 * @param {string} wanted
 * @param {string} [code]
 * @param {[number, number]|null} [place]
 * @returns {import('./names.js').Name[]}
 */
export function alike(names, wanted, code = '', place = null) {
  const text = wanted.trim();
  const tail = code.trim().toUpperCase().slice(-TAIL);
  const own = pairs(text);
  const initials = /^[a-z0-9]{3,}$/i.test(text) ? text.toLowerCase() : '';
  const byName = (/** @type {import('./names.js').Name} */ one) => {
    if (text.length < 2) return 0; // one letter is like everything
    if (initials && one[3].includes(initials)) return 1;
    return likeness(one[1], text, own);
  };
  const scored = names
    .map((one) => ({
      one,
      score: (tail.length === TAIL && one[4] === tail ? 4 : 0) + (place && near(one, place) ? 0.5 : 0) + byName(one),
    }))
    .filter(({ score }) => score >= LEAST);
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ one }) => one);
}

/** @param {import('./names.js').Name} one @param {[number, number]} place */
function near(one, place) {
  const [lon, lat] = [one[5], one[6]];
  if (lon === null || lat === null) return false;
  return Math.hypot((lon - place[0]) * Math.cos((lat * Math.PI) / 180), lat - place[1]) * METRES_PER_DEGREE <= NEAR_M;
}

/** @param {string} name @param {string} text @param {Set<string>} own */
function likeness(name, text, own) {
  if (name.includes(text)) return 1;
  const other = pairs(name);
  let shared = 0;
  for (const pair of own) if (other.has(pair)) shared += 1;
  return own.size && other.size ? (2 * shared) / (own.size + other.size) : 0;
}
