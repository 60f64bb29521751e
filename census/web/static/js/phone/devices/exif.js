// Reads when and where a JPEG was taken, from the Exif block that the camera wrote into it (Exif 2.32, TIFF 6.0).

const APP1 = 0xffe1;
const START = 0xffd8;
const EXIF = 0x45786966;
const [GPS_PART, EXIF_PART] = [0x8825, 0x8769];
const TAKEN = 0x9003;
const [LAT_REF, LAT, LON_REF, LON] = [1, 2, 3, 4];

/** @param {ArrayBuffer} buffer the beginning of the file @returns {{at?: string, lon?: string, lat?: string}} */
export function factsOf(buffer) {
  try {
    const tiff = tiffOf(new DataView(buffer));
    return tiff ? read(tiff) : {};
  } catch (problem) {
    if (problem instanceof RangeError) return {}; // cut short or made up: as good as no Exif
    throw problem;
  }
}

/** Find the Exif block. @param {DataView} view @returns {DataView|null} */
function tiffOf(view) {
  if (view.byteLength < 4 || view.getUint16(0) !== START) return null;
  for (let at = 2; at + 4 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === APP1 && view.getUint32(at + 4) === EXIF)
      return new DataView(view.buffer, view.byteOffset + at + 10);
  }
  return null;
}

/** @param {DataView} tiff */
function read(tiff) {
  const little = tiff.getUint16(0) === 0x4949;
  const top = entries(tiff, tiff.getUint32(4, little), little);
  const part = (/** @type {number} */ tag) =>
    top.has(tag) ? entries(tiff, tiff.getUint32(/** @type {number} */ (top.get(tag)) + 8, little), little) : new Map();
  const [gps, exif] = [part(GPS_PART), part(EXIF_PART)];
  /** @type {{at?: string, lon?: string, lat?: string}} */
  const facts = {};
  const taken = exif.has(TAKEN) ? text(tiff, exif.get(TAKEN), little) : '';
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(taken);
  if (found) facts.at = `${found[1]}-${found[2]}-${found[3]}T${found[4]}`;
  if (gps.has(LAT) && gps.has(LON)) {
    const [lat, lon] = [angle(tiff, gps.get(LAT), little), angle(tiff, gps.get(LON), little)];
    if (Number.isFinite(lat) && Number.isFinite(lon) && (lat || lon)) {
      facts.lat = (gps.has(LAT_REF) && text(tiff, gps.get(LAT_REF), little) === 'S' ? -lat : lat).toFixed(6);
      facts.lon = (gps.has(LON_REF) && text(tiff, gps.get(LON_REF), little) === 'W' ? -lon : lon).toFixed(6);
    }
  }
  return facts;
}

/** Tag → where its entry stands. @param {DataView} tiff @param {number} at @param {boolean} little */
function entries(tiff, at, little) {
  /** @type {Map<number, number>} */
  const found = new Map();
  const count = tiff.getUint16(at, little);
  for (let index = 0; index < count; index += 1)
    found.set(tiff.getUint16(at + 2 + index * 12, little), at + 2 + index * 12);
  return found;
}

/** @param {DataView} tiff @param {number} entry @param {boolean} little */
function text(tiff, entry, little) {
  const length = tiff.getUint32(entry + 4, little);
  const at = length > 4 ? tiff.getUint32(entry + 8, little) : entry + 8;
  return Array.from({ length }, (_, index) => String.fromCharCode(tiff.getUint8(at + index)))
    .join('')
    .replace(/\0+$/, '');
}

/**
 * Degrees, minutes and seconds, each a fraction.
 * @param {DataView} tiff
 * @param {number} entry
 * @param {boolean} little
 */
function angle(tiff, entry, little) {
  const at = tiff.getUint32(entry + 8, little);
  const part = (/** @type {number} */ index) =>
    tiff.getUint32(at + index * 8, little) / tiff.getUint32(at + index * 8 + 4, little);
  return part(0) + part(1) / 60 + part(2) / 3600;
}
