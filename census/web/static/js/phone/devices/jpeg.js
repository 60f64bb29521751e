// A JPEG with what a picture needs to be decoded and nothing else, its image data untouched: browsers write a colour
// profile of their own into a canvas's picture. The server keeps such a file byte for byte, so that its SHA-256 proves
// it.

const NEEDED = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xdb, 0xdd, 0xe0, 0xee]); // tables, frames, JFIF and Adobe headers
const SCAN = 0xda;

/** @param {ArrayBuffer} buffer @returns {ArrayBuffer} as it came, if it is no JPEG that this can read */
export function bare(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return buffer;
  const kept = [bytes.subarray(0, 2)];
  let place = 2;
  while (place + 4 <= bytes.length && bytes[place] === 0xff && bytes[place + 1] !== SCAN) {
    const end = place + 2 + bytes[place + 2] * 256 + bytes[place + 3];
    if (NEEDED.has(bytes[place + 1])) kept.push(bytes.subarray(place, end));
    place = end;
  }
  if (bytes[place] !== 0xff || bytes[place + 1] !== SCAN) return buffer;
  kept.push(bytes.subarray(place));
  const whole = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}
