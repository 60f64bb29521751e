// Reads raw answers as forms/answers/values.py does: {value, problem}, problem '' | 'type' | 'precision', value null
// when blank. Numbers are doubles, dates days since 1970, multiple choices arrays, positions objects, degrees decimal
// degrees.

/** @typedef {{value: any, problem: ''|'type'|'precision'}} Parsed */
/** @typedef {{key: string, type: string, precision?: number|null, group?: string, alias?: string}} Item */

const DAY_MS = 86400000;
const INTEGER = /^-?[0-9]{1,15}$/;
const DECIMAL = /^-?[0-9]{1,15}(?:\.([0-9]{1,12}))?$/;
const SECONDS = /^[0-9]{1,2}(?:\.([0-9]{1,6}))?$/;
const SHA256 = /^[0-9a-f]{64}$/;
const GPS_SOURCES = ['device', 'map', 'import'];
const GPS_PARTS = ['lon', 'lat', 'accuracy_m', 'at', 'source'];
// What Python's str.strip takes away; trim() of browsers differs at both ends of this list.
const SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const OUTER_SPACE = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');

const WRONG = Object.freeze({ value: null, problem: 'type' });
const BLANK = Object.freeze({ value: null, problem: '' });

/** @param {string} text */
const strip = (text) => text.replace(OUTER_SPACE, '');
/** @param {any} raw */
const isObject = (raw) => typeof raw === 'object' && raw !== null && !Array.isArray(raw);

/**
 * Tell whether nothing is answered: null, empty text, empty list, a position or angle without parts.
 * @param {any} raw
 */
export function blank(raw) {
  if (raw === null || raw === undefined) return true;
  if (typeof raw === 'string') return strip(raw) === '';
  if (Array.isArray(raw)) return raw.length === 0;
  return (
    isObject(raw) && Object.keys(raw).every((part) => raw[part] === null || raw[part] === undefined || raw[part] === '')
  );
}

/** Read an answer of an item. @param {Item} item @param {any} raw @returns {Parsed} */
export function parse(item, raw) {
  return blank(raw) ? BLANK : PARSERS[item.type](item, raw);
}

/**
 * Give the day since 1970 of year, month and day; null if there is none.
 * @param {number} year
 * @param {number} month
 * @param {number} day
 */
export function dayOf(year, month, day) {
  if (year % 1 || month % 1 || day % 1 || year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
    return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day ? Math.round(date.getTime() / DAY_MS) : null;
}

function precision(item, decimals) {
  if (item.precision === undefined || item.precision === null) return '';
  return (decimals || '').length > item.precision ? 'precision' : '';
}
const whole = (value, limit) => Number.isInteger(value) && value >= 0 && value <= limit;
const degrees = (value, limit) => typeof value === 'string' && DECIMAL.test(value) && Math.abs(Number(value)) <= limit;

function text(item, raw) {
  return typeof raw === 'string' ? { value: strip(raw.normalize('NFC')), problem: '' } : WRONG;
}

function integer(item, raw) {
  return typeof raw === 'string' && INTEGER.test(raw) ? { value: Number(raw), problem: '' } : WRONG;
}

function decimal(item, raw) {
  const found = typeof raw === 'string' ? DECIMAL.exec(raw) : null;
  return found ? { value: Number(raw), problem: precision(item, found[1]) } : WRONG;
}

function year(item, raw) {
  return typeof raw === 'string' && /^[0-9]{4}$/.test(raw) ? { value: Number(raw), problem: '' } : WRONG;
}

function date(item, raw) {
  if (typeof raw !== 'string' || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(raw)) return WRONG;
  const day = dayOf(Number(raw.slice(0, 4)), Number(raw.slice(5, 7)), Number(raw.slice(8, 10)));
  return day === null ? WRONG : { value: day, problem: '' };
}

function multichoice(item, raw) {
  if (!Array.isArray(raw)) return WRONG;
  const codes = raw
    .filter((code) => typeof code === 'string')
    .map(strip)
    .filter(Boolean);
  return codes.length === raw.length && new Set(codes).size === codes.length ? { value: codes, problem: '' } : WRONG;
}

function yesno(item, raw) {
  return typeof raw === 'boolean' ? { value: raw, problem: '' } : WRONG;
}

function dms(item, raw) {
  if (!isObject(raw) || Object.keys(raw).sort().join() !== 'd,m,s') return WRONG;
  const found = typeof raw.s === 'string' ? SECONDS.exec(raw.s) : null;
  if (!found || !whole(raw.d, 180) || !whole(raw.m, 59) || Number(raw.s) >= 60) return WRONG;
  return { value: raw.d + raw.m / 60 + Number(raw.s) / 3600, problem: precision(item, found[1]) };
}

function gps(item, raw) {
  if (!isObject(raw)) return WRONG;
  const there = (part) => raw[part] !== null && raw[part] !== undefined;
  if (Object.keys(raw).some((part) => there(part) && !GPS_PARTS.includes(part))) return WRONG;
  if (!degrees(raw.lon, 180) || !degrees(raw.lat, 90)) return WRONG;
  if (there('accuracy_m') && !degrees(raw.accuracy_m, 1e9)) return WRONG;
  if (there('at') && typeof raw.at !== 'string') return WRONG;
  if (there('source') && !GPS_SOURCES.includes(raw.source)) return WRONG;
  const accuracy = there('accuracy_m') ? Number(raw.accuracy_m) : null;
  const source = there('source') ? raw.source : null;
  return { value: { lon: Number(raw.lon), lat: Number(raw.lat), accuracy_m: accuracy, source }, problem: '' };
}

function file(item, raw) {
  return typeof raw === 'string' && SHA256.test(raw) ? { value: raw, problem: '' } : WRONG;
}

export const PARSERS = {
  text,
  choice: text,
  code: text,
  integer,
  decimal,
  year,
  date,
  multichoice,
  yesno,
  dms,
  gps,
  photo: file,
  signature: file,
};
