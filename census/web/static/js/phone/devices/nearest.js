// The unit to go to next: of those that came back or nobody visited, the nearest to the one that is done.

import { everything, standing } from '../keep/known.js';
import { metres } from './position.js';

/**
 * @param {{id: string, lon: number|null, lat: number|null}} from
 * @returns {Promise<{unit: any, distance: number|null}|null>}
 */
export async function nearest(from) {
  const all = await everything();
  const open = all.units.filter(
    (unit) => unit.id !== from.id && ['returned', 'unvisited'].includes(standing(all, unit)),
  );
  const ranked = open.map((unit) => ({ unit, distance: between(from, unit) }));
  ranked.sort((a, b) => (a.distance ?? Infinity) - (b.distance ?? Infinity) || (a.unit.id < b.unit.id ? -1 : 1));
  return ranked[0] || null;
}

/** @param {{lon: number|null, lat: number|null}} from @param {any} unit @returns {number|null} null: who knows */
function between(from, unit) {
  if (from.lon === null || from.lat === null || unit.lon === null) return null;
  return metres(from.lon, from.lat, unit.lon, unit.lat);
}

/** A distance as people say it. @param {number} distance */
export const distanceWords = (distance) =>
  distance < 1000 ? `${Math.round(distance / 10) * 10} 米` : `${(distance / 1000).toFixed(1)} 公里`;

/**
 * Let a link lead to the next unit; without one it leads to the list.
 * @param {HTMLAnchorElement} link
 * @param {any} from
 */
export async function leadOn(link, from) {
  const found = await nearest(from);
  if (!found) {
    link.href = '/collect/';
    link.textContent = '回到列表';
    return;
  }
  link.href = `/collect/units/${found.unit.id}`;
  link.textContent = found.distance === null ? '下一户' : `下一户（${distanceWords(found.distance)}）`;
}
