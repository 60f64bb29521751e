// Sends one file by tus 1.0 in chunks. What has arrived is asked for before going on, so a cut costs one chunk at most.

import { Refused, api } from './api.js';
import * as store from './store.js';

export const CHUNK_BYTES = 128 * 1024;
const TUS = { 'Tus-Resumable': '1.0.0' };
const b64 = (/** @type {string} */ text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/**
 * @typedef {object} Upload
 * @property {string} sha256
 * @property {string} name
 * @property {string} type
 * @property {number} size
 * @property {any} [facts]
 * @property {string} state
 * @property {string} [url]
 * @property {number} tries
 * @property {number} next_at
 * @property {number} [sent]
 * @property {string} [problem]
 * @property {string} at
 * @property {string} [received_at]
 */

/** Send what is missing; resolves when the server has all of it. @param {Upload} upload @returns {Promise<Upload>} */
export async function sendFile(upload) {
  const { bytes } = await store.get('files', upload.sha256);
  let [current, offset] = await begunAt(upload);
  while (offset < upload.size) {
    const part = bytes.slice(offset, offset + CHUNK_BYTES);
    const headers = { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
    const answer = await api(/** @type {string} */ (current.url), { method: 'PATCH', body: part, headers });
    const there = Number(answer.headers.get('Upload-Offset'));
    if (answer.headers.get('Tus-Resumable') !== '1.0.0' || !(there > offset))
      throw new Refused(0, 'portal', '照片没有传到普查服务器，稍后自动再传。');
    offset = there;
    current = { ...current, sent: offset };
    await store.put('uploads', current);
  }
  return { ...current, sent: offset, state: 'received', received_at: new Date().toISOString() };
}

/** Where to go on: how much the server has. @param {Upload} upload @returns {Promise<[Upload, number]>} */
async function begunAt(upload) {
  if (!upload.url) return [await begin(upload), 0];
  try {
    return [upload, await arrived(upload)];
  } catch (problem) {
    if (!(problem instanceof Refused) || ![404, 410].includes(problem.status)) throw problem;
    return [await begin(upload), 0]; // it was cleared away, or begun under another account's token
  }
}

/** @param {Upload} upload @returns {Promise<Upload>} */
async function begin(upload) {
  const about = [
    `filename ${b64(upload.name)}`,
    `filetype ${b64(upload.type)}`,
    `sha256 ${b64(upload.sha256)}`,
    ...(upload.facts ? [`facts ${b64(JSON.stringify(upload.facts))}`] : []),
  ];
  const answer = await api('/files', {
    method: 'POST',
    headers: { ...TUS, 'Upload-Length': String(upload.size), 'Upload-Metadata': about.join(',') },
  });
  const place = answer.headers.get('Location');
  if (!place) throw new Refused(0, 'portal', '照片没有传到普查服务器，稍后自动再传。');
  const begun = { ...upload, url: new URL(place, location.href).pathname, sent: 0 };
  await store.put('uploads', begun);
  return begun;
}

/** @param {Upload} upload @returns {Promise<number>} */
async function arrived(upload) {
  const answer = await api(/** @type {string} */ (upload.url), { method: 'HEAD', headers: TUS });
  const there = answer.headers.get('Upload-Offset');
  if (there === null) throw new Refused(0, 'portal', '照片没有传到普查服务器，稍后自动再传。');
  return Number(there);
}
