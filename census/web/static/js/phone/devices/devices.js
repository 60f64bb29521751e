// What the phone's devices fill in: position by satellite or by a tap on the map, photos, signatures, the code of a
// licence. Loads on first use; the map, the camera and the reader of codes each when it is wanted.

import { clear, controls } from '../form/fields.js';
import { degreesOf, dms, locate, local, metres, quality } from './position.js';

/** @typedef {import('./position.js').Fix} Fix */
/** @typedef {{lon: string, lat: string, at: string, source: 'map'}} Tap */
/** @typedef {{device?: Fix, map?: Tap}} Points */

/**
 * @param {any} page the form's controller
 * @param {HTMLElement} button
 * @param {HTMLElement} block
 * @param {string} path
 */
export async function use(page, button, block, path) {
  const { dataset } = button;
  if (dataset.locate !== undefined || dataset.locateDegrees !== undefined) {
    const places = pair(page, block, path);
    const fix = await locate(block);
    if (fix) settle(page, places, fix);
  } else if (dataset.map !== undefined) {
    const places = pair(page, block, path);
    const tap = await tapOn(page, places);
    if (tap) settle(page, places, tap);
  } else if (dataset.take === 'photo') {
    const { takePhoto } = await import('./photo.js');
    const taken = await takePhoto(block);
    if (!taken) return;
    page.change(block, path, taken.digest);
    photographed(page, block, path, taken);
  } else if (dataset.take === 'signature') {
    const { signInto } = await import('./signature.js');
    const digest = await signInto(block);
    if (digest) page.change(block, path, digest);
  } else if (dataset.scan !== undefined) {
    const { scanInto } = await import('./licence.js');
    await scanInto(page, block);
  }
}

/**
 * The blocks that a point fills: a position, or the longitude and latitude that stand together.
 * @param {any} page
 * @param {HTMLElement} block
 * @param {string} path
 * @returns {[HTMLElement, string][]}
 */
function pair(page, block, path) {
  if (block.dataset.kind === 'gps') return [[block, path]];
  const places = page.places.filter((/** @type {[HTMLElement, string]} */ [one]) => one.dataset.axis);
  const at = places.findIndex((/** @type {[HTMLElement, string]} */ [one]) => one === block);
  return block.dataset.axis === 'lon' ? places.slice(at, at + 2) : places.slice(Math.max(0, at - 1), at + 1);
}

/**
 * Fill in a point, keeping what the device found and what was tapped side by side.
 * @param {any} page
 * @param {[HTMLElement, string][]} places
 * @param {Fix|Tap} point
 */
function settle(page, places, point) {
  const kept = pointsOf(page.draft, places[0][1]);
  if (point.source === 'map') kept.map = point;
  else kept.device = point;
  for (const [one, place] of places) {
    const angle = one.dataset.axis === 'lon' ? point.lon : point.lat;
    page.put(one, place, one.dataset.kind === 'gps' ? point : dms(angle));
  }
  if (page.isHere(...places[0])) tell(places[0][0], kept);
  else if (places[0][0].isConnected) clear(places[0][0]); // another row is in it by now
}

/** Both points of a place, as the draft keeps them. @param {any} draft @param {string} path @returns {Points} */
function pointsOf(draft, path) {
  if (!draft.points) draft.points = {};
  if (!draft.points[path]) draft.points[path] = {};
  return draft.points[path];
}

/** @param {HTMLElement} block @param {Points} kept */
function tell(block, { device, map }) {
  const output = block.querySelector('output');
  if (!output) return;
  const words = [];
  if (device) words.push(`手机定位 ${device.at.slice(11, 16)}，${quality(Number(device.accuracy_m))}`);
  if (map) words.push(`地图上点的 ${map.at.slice(11, 16)}`);
  if (device && map) {
    const apart = metres(Number(device.lon), Number(device.lat), Number(map.lon), Number(map.lat));
    words.push(`两点相距 ${Math.round(apart)} 米，都已记下`);
  }
  output.textContent = words.join('；');
}

/** @param {any} page @param {[HTMLElement, string][]} places @returns {Promise<Tap|null>} */
async function tapOn(page, places) {
  const { choose } = await import('./map.js');
  const { device } = pointsOf(page.draft, places[0][1]);
  const now = shownPoint(places) || deviceOrRegister(device, page.info);
  const point = await choose(page.definition.boundaries, now, device || null);
  return point && { lon: point.lon.toFixed(6), lat: point.lat.toFixed(6), at: local(new Date()), source: 'map' };
}

/** Where to begin when the boxes are blank. @param {Fix|undefined} device @param {any} info of the unit */
function deviceOrRegister(device, info) {
  if (device) return { lon: Number(device.lon), lat: Number(device.lat) };
  return info.lon && info.lat ? { lon: info.lon, lat: info.lat } : null;
}

/** @param {HTMLElement} block @returns {number[]} one angle, or both of a position */
function anglesIn(block) {
  if (block.dataset.kind !== 'gps') return [fromBoxes(block)];
  const degrees = controls(block).slice(0, 2); // behind them stand accuracy and time
  return degrees.map((input) => Number(input.value));
}

/** @param {[HTMLElement, string][]} places */
function shownPoint(places) {
  const values = places.flatMap(([block]) => anglesIn(block));
  return values.length === 2 && values.every((value) => value > 0) ? { lon: values[0], lat: values[1] } : null;
}

/** @param {HTMLElement} block */
function fromBoxes(block) {
  const [d, m, s] = controls(block).map((input) => Number(input.value));
  return d + m / 60 + s / 3600;
}

/**
 * Put pasted degrees into the boxes.
 * @param {any} page
 * @param {HTMLElement} block
 * @param {string} path
 * @param {string} text
 */
export function paste(page, block, path, text) {
  const found = degreesOf(text);
  const output = block.querySelector('output');
  if (!found.length) {
    if (output) output.textContent = '没有看懂粘贴的坐标。写成 113.3845 或 113°23′04″。';
    return;
  }
  const places = pair(page, block, path);
  if (block.dataset.kind === 'gps') {
    const [lon, lat] = ordered(found);
    if (lat !== undefined) page.put(block, path, { lon: lon.toFixed(6), lat: lat.toFixed(6), source: 'import' });
  } else if (found.length === 1) page.put(block, path, dms(String(found[0])));
  else places.forEach(([one, place], index) => page.put(one, place, dms(String(ordered(found)[index]))));
}

/** Longitude first: in China it is the larger. @param {number[]} found */
const ordered = (found) => (found.length > 1 && found[0] < found[1] ? [found[1], found[0]] : found);

/**
 * A photo's own position and time: kept with the draft, and filled in where the form asks for them.
 * @param {any} page
 * @param {HTMLElement} block
 * @param {string} path
 * @param {import('./photo.js').Taken} taken
 */
function photographed(page, block, path, { facts }) {
  if (!page.draft.photos) page.draft.photos = {};
  page.draft.photos[path] = facts;
  page.changed();
  if (!page.isHere(block, path)) {
    clear(block);
    return;
  }
  const next = page.places[page.places.findIndex((/** @type {[HTMLElement, string]} */ [one]) => one === block) + 1];
  if (next && next[0].dataset.fromPhoto !== undefined && facts.lon)
    page.put(next[0], next[1], { lon: facts.lon, lat: facts.lat, at: facts.at || undefined, source: 'import' });
}
