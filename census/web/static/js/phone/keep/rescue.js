// A sealed file of what could not be sent, for the supervisor's desk: sync is impossible, the phone is about to be
// given away. The key comes from this phone's receipt key, which the server knows too; the file alone is of no use to
// anybody.

import * as store from './store.js';

const FORMAT = 'census-rescue-1';
const text = new TextEncoder();

/** @param {string} key @returns {Promise<CryptoKey>} */
async function sealingKey(key) {
  const hmac = await crypto.subtle.importKey('raw', text.encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return crypto.subtle.importKey('raw', await crypto.subtle.sign('HMAC', hmac, text.encode(FORMAT)), 'AES-GCM', false, [
    'encrypt',
  ]);
}

/** @param {(entry: any) => boolean} [wanted] which records @returns {Promise<Blob>} */
export async function rescueFile(wanted = () => true) {
  const given = await store.get('session', 'api');
  if (!given || !given.session) throw new Error('这部手机还没有联网登录过，导不出。');
  const outbox = (await store.all('outbox')).filter(
    (one) => one.state !== 'received' && one.state !== 'discarded' && wanted(one),
  );
  const drafts = (await store.all('drafts')).filter((one) => one.state === 'draft' && wanted(one));
  const names = new Set(
    outbox.flatMap((one) => (one.kind === 'visit' ? [one.body.signature && one.body.signature.file] : one.body.files)),
  );
  const uploads = (await store.all('uploads')).filter((one) => one.state !== 'received' || names.has(one.sha256));
  const files = (await Promise.all(uploads.map((one) => store.get('files', one.sha256)))).filter(Boolean);
  const head = {
    at: new Date().toISOString(),
    visits: outbox.filter((one) => one.kind === 'visit').map((one) => one.body),
    submissions: outbox.filter((one) => one.kind === 'submission').map((one) => one.body),
    drafts: drafts.map(({ unit, form, answers, explanations }) => ({ unit, form, answers, explanations })),
    files: files.map((one) => ({ sha256: one.sha256, size: one.bytes.byteLength })),
  };
  const plain = await new Blob([JSON.stringify(head), '\n', ...files.map((one) => one.bytes)]).arrayBuffer();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: text.encode(`${FORMAT} ${given.session}`) },
    await sealingKey(given.receipt_key),
    plain,
  );
  const about = {
    format: FORMAT,
    session: given.session,
    account: store.account,
    at: head.at,
    iv: btoa(String.fromCharCode(...iv)),
  };
  return new Blob([JSON.stringify(about), '\n', box], { type: 'application/octet-stream' });
}

/** Let the browser save it. @param {(entry: any) => boolean} [wanted] */
export async function save(wanted) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await rescueFile(wanted));
  const minute = new Date().toISOString().slice(0, 16).replace(/[-:T]/g, '');
  link.download = `${store.account.replace(':', '-')}-${minute}.census`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
