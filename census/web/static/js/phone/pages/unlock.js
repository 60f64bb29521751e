// The PIN opens what lies on this phone. Forgotten: a sign-in with a network opens it too, and a new PIN is set.

import { Refused, token } from '../keep/api.js';
import * as store from '../keep/store.js';
import * as vault from '../keep/vault.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const wanted = decodeURIComponent(location.hash.slice(1));
const target = /^\/collect\/(?!unlock)/.test(wanted) ? wanted : '/collect/';

/** @param {string} words */
function say(words) {
  the('unlock-said').textContent = words;
  the('unlock-said').hidden = !words;
  the('pin').value = '';
  the('pin').focus();
}

/** @param {string} account */
function enter(account) {
  localStorage.setItem('account', account);
  location.replace(target);
}

/** @returns {Promise<string[]>} accounts of this phone that have a PIN */
async function pinned() {
  const found = [];
  for (const account of await vault.accounts()) if (await vault.hasPin(account)) found.push(account);
  return found;
}

/** Offer the way in by the sign-in, where there is one. @param {string} account */
async function offerRecovery(account) {
  try {
    const { recovery_key: key } = await token();
    the('recover').hidden = false;
    the('recover-go').addEventListener('click', async () => {
      await vault.recover(account, key);
      localStorage.setItem('account', account);
      location.replace('/collect/check#pin');
    });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem; // offline, or nobody signed in: the PIN is the only way
  }
}

async function start() {
  const accounts = await pinned();
  const mine = accounts.includes(store.account) ? [store.account] : accounts;
  if (!mine.length) {
    if (store.account) location.replace(target);
    else the('nobody').hidden = false;
    return;
  }
  for (const account of mine) the('who').append(new Option(account.split(':')[1], account));
  the('who-item').hidden = mine.length < 2;
  the('unlock').hidden = false;
  the('pin').focus();
  the('unlock').addEventListener('submit', async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (the('pin').value.length < 6) {
      say('开锁密码至少 6 位数字。');
      return;
    }
    const button = the('unlock').querySelector('button');
    button.disabled = true;
    const said = await vault.tryPin(the('who').value, the('pin').value);
    button.disabled = false;
    if (said) say(said);
    else enter(the('who').value);
  });
  if (store.account) await offerRecovery(store.account);
}

start();
