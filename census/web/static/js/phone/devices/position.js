// Reads the device's position: watches until it is good enough or a minute is over, and says how good it is.

const GOOD_M = 10;
const FAIR_M = 30;
const WAIT_MS = 20_000;
const SAID = {
  1: '没有允许定位。请在浏览器设置里打开，或手工填写经纬度。',
  2: '收不到定位信号。请到开阔处再试，或手工填写经纬度。',
  3: '定位超时。请到开阔处再试，或手工填写经纬度。',
};

/** @typedef {{lon: string, lat: string, accuracy_m: string, at: string, source: 'device'}} Fix */

/**
 * The best fix within the time; `progress` hears of each better one.
 * @param {(accuracy: number, fix: Fix) => void} [progress]
 * @returns {Promise<Fix>}
 */
export function bestFix(progress = () => undefined) {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error(SAID[2]));
      return;
    }
    /** @type {GeolocationPosition|null} */
    let best = null;
    const end = (/** @type {number} */ code) => {
      navigator.geolocation.clearWatch(watch);
      clearTimeout(timer);
      if (best) resolve(fixOf(best));
      else reject(new Error(SAID[/** @type {1} */ (code)] || SAID[2]));
    };
    const watch = navigator.geolocation.watchPosition(
      (position) => {
        if (!best || position.coords.accuracy < best.coords.accuracy) best = position;
        progress(best.coords.accuracy, fixOf(best));
        if (best.coords.accuracy <= GOOD_M) end(0);
      },
      (problem) => end(problem.code),
      { enableHighAccuracy: true, maximumAge: 0, timeout: WAIT_MS },
    );
    const timer = setTimeout(() => end(3), WAIT_MS);
  });
}

/** @param {GeolocationPosition} position @returns {Fix} */
function fixOf(position) {
  const { longitude, latitude, accuracy } = position.coords;
  return {
    lon: longitude.toFixed(6),
    lat: latitude.toFixed(6),
    accuracy_m: String(Math.round(accuracy)),
    at: local(new Date(position.timestamp)),
    source: 'device',
  };
}

/** Local time with its offset. @param {Date} date */
export function local(date) {
  const offset = -date.getTimezoneOffset();
  const two = (/** @type {number} */ number) => String(Math.floor(Math.abs(number))).padStart(2, '0');
  const time = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const sign = offset < 0 ? '-' : '+';
  return `${time}${sign}${two(offset / 60)}:${two(offset % 60)}`;
}

/** How good a fix is, in words. @param {number} accuracy */
export function quality(accuracy) {
  const metres = `精度 ${Math.round(accuracy)} 米`;
  if (accuracy <= GOOD_M) return `${metres}，很准`;
  if (accuracy <= FAIR_M) return `${metres}，可用`;
  return `${metres}，偏差大，请到开阔处再试`;
}

/** Fill a block from the device. @param {HTMLElement} block @returns {Promise<Fix|null>} */
export async function locate(block) {
  const said = block.querySelector('output');
  const tell = (/** @type {string} */ words) => {
    if (said) said.textContent = words;
  };
  tell('正在定位……');
  try {
    const fix = await bestFix((accuracy) => tell(quality(accuracy)));
    tell(quality(Number(fix.accuracy_m)));
    return fix;
  } catch (problem) {
    tell(/** @type {Error} */ (problem).message);
    return null;
  }
}

/** Degrees, minutes and seconds of decimal degrees. @param {string} degrees */
export function dms(degrees) {
  const hundredths = Math.round(Number(degrees) * 360_000);
  return {
    d: Math.floor(hundredths / 360_000),
    m: Math.floor(hundredths / 6_000) % 60,
    s: ((hundredths % 6_000) / 100).toFixed(2),
  };
}

const MARKED = /(-?\d{1,3})\s*[°度:]\s*(\d{1,2})\s*[′'’分:]\s*(\d{1,2}(?:\.\d+)?)\s*(?:["″”秒]|''|′′)?/g;

/**
 * The angles in a text, in degrees: 113.3845, 113°23′04.2″, 113度23分4秒, one or two of them.
 * @param {string} text
 * @returns {number[]}
 */
export function degreesOf(text) {
  const half = text.replace(/[\uff01-\uff5e]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
  const marked = [...half.matchAll(MARKED)].map(([, d, m, s]) => Number(d) + Number(m) / 60 + Number(s) / 3600);
  const found = marked.length ? marked : (half.match(/\d{1,3}\.\d+/g) || []).map(Number);
  return found.filter((angle) => angle > 0 && angle <= 180).slice(0, 2);
}

/** Metres between two points. @param {number} lon1 @param {number} lat1 @param {number} lon2 @param {number} lat2 */
export function metres(lon1, lat1, lon2, lat2) {
  const rad = Math.PI / 180;
  const x = (lon2 - lon1) * rad * Math.cos(((lat1 + lat2) / 2) * rad);
  return Math.hypot(x, (lat2 - lat1) * rad) * 6_371_009;
}
