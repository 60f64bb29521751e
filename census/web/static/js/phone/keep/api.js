// The one way this phone talks to the server: by a Bearer token that POST /collect/token gives to whoever is signed in
// here. Refusals arrive as problem documents and are thrown with their sentence. An answer that is not the server's
// own, as of a public Wi-Fi that wants a sign-in of its own, is no answer.

import * as store from './store.js';
import { sha256 } from '../../shared/canonical.js';

/** A refusal, or no answer at all (status 0). */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {any} [detail]
   * @param {number} [after] seconds to wait
   */
  constructor(status, code, message, detail, after = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.after = after;
  }

  /** The network or the server was away: try again later, nothing is wrong with what was sent. */
  get isTemporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const PORTAL = '没有连到普查服务器：这个网络可能要先登录（如公共 Wi-Fi）。数据在手机里，没有丢。';

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
  if (response.redirected && new URL(response.url).pathname === '/sign-in')
    throw new Refused(401, 'not_signed_in', '登录已失效。请重新登录，手机里未上传的数据不会丢失。');
  if (response.redirected) throw new Refused(0, 'portal', PORTAL);
  if (response.ok) return response;
  let problem = null;
  try {
    problem = await response.json();
  } catch {
    problem = null;
  }
  const isOurs = problem && problem.code && problem.status === response.status;
  if (!isOurs && response.status < 500) throw new Refused(0, 'portal', PORTAL);
  const sentence = (problem && (problem.detail || problem.title)) || '服务器没有正常答复。数据已存在手机，请稍后再试。';
  throw new Refused(
    response.status,
    (problem && problem.code) || 'refused',
    sentence,
    problem,
    Number(response.headers.get('Retry-After')) || 0,
  );
}

/** The JSON of an answer that should be one. @param {Response} response @returns {Promise<any>} */
export async function json(response) {
  try {
    return await response.json();
  } catch {
    throw new Refused(0, 'portal', PORTAL);
  }
}

/** JSON of a page address. @param {string} url */
export async function page(url) {
  return json(await ask(url, { headers: { Accept: 'application/json' } }));
}

/** What this browser's posts must carry; a page without data asks for it. @returns {Promise<string>} */
export async function csrf() {
  const meta = typeof document === 'undefined' ? null : document.querySelector('meta[name="csrf-token"]');
  return (meta && meta.getAttribute('content')) || (await page('/collect/phone/session')).csrf;
}

/** @type {Promise<any>|null} */
let renewing = null;

/** Token and receipt key of this account on this phone. @param {boolean} [anew] ask for another one */
export async function session(anew = false) {
  const kept = await store.get('session', 'api');
  if (kept && !anew) return kept;
  renewing =
    renewing ||
    renew().finally(() => {
      renewing = null;
    });
  return renewing;
}

async function renew() {
  const { recovery_key: _, ...given } = await token();
  const fresh = { ...given, name: 'api' };
  await store.put('session', fresh);
  return fresh;
}

/** A new token, with the recovery key that goes with it, which is not kept. */
export async function token() {
  const response = await ask('/collect/token', {
    method: 'POST',
    headers: { 'X-CSRF-Token': await csrf(), Accept: 'application/json' },
  });
  const fresh = await json(response);
  if (fresh.account !== store.account)
    throw new Refused(
      403,
      'another_account',
      '这部手机上现在是另一个账号。请重新登录自己的账号，手机里未上传的数据不会丢失。',
    );
  return fresh;
}

/**
 * One request with the token; one that was signed out is replaced once.
 * @param {string} path below /api/v1, or of a page @param {RequestInit & {json?: any}} [options]
 */
export async function api(path, options = {}) {
  const { json: content, ...rest } = options;
  const body = content === undefined ? rest.body : JSON.stringify(content);
  const send = async (/** @type {boolean} */ anew) => {
    const { token: bearer } = await session(anew);
    const headers = {
      Accept: 'application/json',
      ...(content === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...rest.headers,
      Authorization: `Bearer ${bearer}`,
    };
    return ask(/^\/(api|collect)\//.test(path) ? path : `/api/v1${path}`, { ...rest, headers, body });
  };
  try {
    return await send(false);
  } catch (refused) {
    if (!(refused instanceof Refused) || refused.status !== 401) throw refused;
    if (refused.code === 'device_revoked') return revoked();
    return send(true);
  }
}

/** This phone was signed off by the office: nothing of this account stays on it. @returns {Promise<never>} */
async function revoked() {
  await store.wipe();
  if (typeof document !== 'undefined') location.replace('/sign-in');
  return new Promise(() => undefined);
}

/**
 * Keep a file on the phone, named by its SHA-256; it is sent when there is a network.
 * @param {Blob} file
 * @param {string} name
 * @param {any} [facts] what was read from a photo before it was stripped
 * @returns {Promise<string>}
 */
export async function upload(file, name, facts) {
  const bytes = (await import('../devices/jpeg.js')).bare(await file.arrayBuffer());
  const digest = await sha256(bytes);
  await store.commit([
    { store: 'files', put: { sha256: digest, bytes } },
    {
      store: 'uploads',
      put: {
        sha256: digest,
        name,
        type: file.type,
        size: bytes.byteLength,
        facts,
        state: 'waiting',
        tries: 0,
        next_at: 0,
        at: new Date().toISOString(),
      },
    },
  ]);
  dispatchEvent(new Event('census:waiting'));
  return digest;
}
