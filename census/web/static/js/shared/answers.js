// Answers by path. A path is a JSON Pointer: /water_intake_total, /facility/0/run_hours.

/** @param {any} answers @param {string} path @returns {any} */
export function valueAt(answers, path) {
  return path
    .slice(1)
    .split('/')
    .reduce((value, key) => (value === null || value === undefined ? undefined : value[key]), answers);
}

/** Put an answer; a blank one is taken out. @param {any} answers @param {string} path @param {any} value */
export function setAt(answers, path, value) {
  const keys = path.slice(1).split('/');
  const last = /** @type {string} */ (keys.pop());
  let place = answers;
  for (const key of keys) {
    if (place[key] === undefined || place[key] === null) place[key] = keys.length === 2 && key === keys[0] ? [] : {};
    place = place[key];
  }
  if (value === null || value === undefined) delete place[last];
  else place[last] = value;
}

/**
 * The answers without what is not asked now: what is signed and sent.
 * @param {any} answers
 * @param {Set<string>} hidden
 */
export function asked(answers, hidden) {
  const kept = JSON.parse(JSON.stringify(answers));
  const isHidden = (/** @type {string} */ path) => hidden.has(path);
  for (const [key, value] of Object.entries(kept)) {
    if (isHidden(`/${key}`)) delete kept[key];
    else if (Array.isArray(value)) {
      value.forEach((row, index) => {
        if (row && typeof row === 'object')
          for (const inner of Object.keys(row)) if (isHidden(`/${key}/${index}/${inner}`)) delete row[inner];
      });
      if (!value.length) delete kept[key];
    }
  }
  return kept;
}

/**
 * Move what is said of rows when a row is taken out or put in.
 * @template {{path: string}} T
 * @param {T[]} said
 * @param {string} group
 * @param {number} from
 * @param {number} step
 * @returns {T[]}
 */
export function moved(said, group, from, step) {
  const prefix = `/${group}/`;
  return said.flatMap((one) => {
    if (!one.path.startsWith(prefix)) return [one];
    const [index, ...rest] = one.path.slice(prefix.length).split('/');
    if (step < 0 && Number(index) === from) return [];
    return Number(index) < from ? [one] : [{ ...one, path: prefix + [Number(index) + step, ...rest].join('/') }];
  });
}
