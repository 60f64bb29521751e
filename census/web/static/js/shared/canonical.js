// RFC 8785 (JSON Canonicalization Scheme) and the digest of what a respondent signs: SHA-256 over the canonical form of
// [answers, explanations]. Equal byte for byte to forms.answers.values.canonical; answers hold no numbers beyond IEEE
// doubles.

/** @param {any} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** @param {BufferSource} bytes @returns {Promise<string>} 64 hexadecimal digits */
export async function sha256(bytes) {
  return hex(await crypto.subtle.digest('SHA-256', bytes));
}

/** @param {object} answers @param {object[]} explanations @returns {Promise<string>} */
export function digest(answers, explanations) {
  return sha256(new TextEncoder().encode(canonical([answers, explanations])));
}

/**
 * Tell whether a receipt was made by the server that gave this device its key.
 * @param {any} receipt
 * @param {string} key as it came with the token
 */
export async function isGenuine(receipt, key) {
  const bytes = new TextEncoder();
  const hmac = await crypto.subtle.importKey('raw', bytes.encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);
  const said = [receipt.number, receipt.id, receipt.revision, receipt.digest, receipt.at].join('|');
  const mac = Uint8Array.from(receipt.mac.match(/[0-9a-f]{2}/g) || [], (/** @type {string} */ pair) =>
    parseInt(pair, 16),
  );
  return crypto.subtle.verify('HMAC', hmac, mac, bytes.encode(said));
}

/** @param {ArrayBuffer} buffer */
function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A UUID of version 7: ordered by time. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let index = 0; index < 6; index += 1) bytes[index] = Math.floor(now / 2 ** (8 * (5 - index))) & 0xff;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes.buffer).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
