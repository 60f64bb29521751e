// The one way this phone talks to the server: pages by cookie, everything under /api/v1 by a Bearer token that
// POST /collect/token gives once a day. Refusals arrive as problem documents and are thrown with their sentence.

import * as store from './store.js';
import { sha256 } from './canonical.js';

/** A refusal, or no answer at all (status 0). */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {any} [detail] */
  constructor(status, code, message, detail) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  /** The network or the server was away: try again later, nothing is wrong with what was sent. */
  get isTemporary() { return this.status === 0 || this.status === 429 || this.status >= 502; }
}

/**
 * Fetch and return the response; throws Refused.
 * @param {string} url @param {RequestInit} [options]
 */
export async function ask(url, options = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Refused(0, 'offline', '没有连上网络。数据已存在手机，联网后再试。');
  }
  if (response.redirected && new URL(response.url).pathname === '/sign-in') throw new Refused(401, 'not_signed_in', '登录已失效。请重新登录，手机里未上传的数据不会丢失。');
  if (response.ok) return response;
  let problem = null;
  try { problem = await response.json(); } catch { problem = null; }
  const sentence = (problem && (problem.detail || problem.title)) || '服务器没有正常答复。数据已存在手机，请稍后再试。';
  throw new Refused(response.status, (problem && problem.code) || 'refused', sentence, problem);
}

/** JSON of a page address. @param {string} url */
export async function page(url) {
  return (await ask(url, { headers: { Accept: 'application/json' } })).json();
}

/** The page's own token against posts from elsewhere. */
export function csrf() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return (meta && meta.getAttribute('content')) || '';
}

/** Token and receipt key of this account on this phone; asked anew when old. @param {boolean} [anew] */
export async function session(anew = false) {
  const kept = await store.get('session', 'api');
  if (kept && !anew && Date.parse(kept.expires_at) > Date.now() + 60_000) return kept;
  const response = await ask('/collect/token', { method: 'POST', headers: { 'X-CSRF-Token': csrf(), Accept: 'application/json' } });
  const fresh = { ...(await response.json()), name: 'api' };
  if (fresh.account !== store.account) throw new Refused(403, 'another_account', '这部手机上现在是另一个账号。请重新登录自己的账号，手机里未上传的数据不会丢失。');
  await store.put('session', fresh);
  return fresh;
}

/**
 * One API request; a token that was signed out is replaced once.
 * @param {string} path below /api/v1 @param {RequestInit & {json?: any}} [options]
 */
export async function api(path, options = {}) {
  const { json, ...rest } = options;
  const body = json === undefined ? rest.body : JSON.stringify(json);
  const send = async (/** @type {boolean} */ anew) => {
    const { token } = await session(anew);
    const headers = { ...(json === undefined ? {} : { 'Content-Type': 'application/json' }), ...rest.headers, Authorization: `Bearer ${token}` };
    return ask(path.startsWith('/api/') ? path : `/api/v1${path}`, { ...rest, headers, body });
  };
  try {
    return await send(false);
  } catch (refused) {
    if (refused instanceof Refused && refused.status === 401) return send(true);
    throw refused;
  }
}

/**
 * Upload a file by tus 1.0, named by its SHA-256; sending it again is harmless.
 * @param {Blob} file @param {string} name @returns {Promise<string>} the SHA-256
 */
export async function upload(file, name) {
  const bytes = await file.arrayBuffer();
  const digest = await sha256(bytes);
  const b64 = (/** @type {string} */ text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const metadata = `filename ${b64(name)},filetype ${b64(file.type)},sha256 ${b64(digest)}`;
  const tus = { 'Tus-Resumable': '1.0.0' };
  const created = await api('/files', { method: 'POST', headers: { ...tus, 'Upload-Length': String(bytes.byteLength), 'Upload-Metadata': metadata } });
  const address = new URL(created.headers.get('Location') || '', location.href).pathname;
  await api(address, { method: 'PATCH', body: bytes, headers: { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' } });
  return digest;
}
