// Before going out: is everything on the phone that a day without a network needs? What is missing is fetched.

import '../keep/shell.js';
import { Refused, token } from '../keep/api.js';
import { fetchForms, needed, refresh } from '../keep/pack.js';
import { fetchNames } from '../keep/names.js';
import * as store from '../keep/store.js';
import * as vault from '../keep/vault.js';

/** @param {string} id @returns {any} */
const the = (id) => document.getElementById(id);
const LEAST_FREE_MB = 150;
const CLOCK_MS = 120_000;
const MB = 2 ** 20;
const NO_ROOM = '空间太小，可能是无痕窗口或手机快满了。请换普通窗口，或删掉一些照片、视频。';
const NOT_KEPT = '手机很满时浏览器可能清掉数据。把本网站添加到主屏幕，一般就会允许；每天回来先上传。';
const CLOCK_OFF = '数据不会丢，但签字时间会不对。请在手机设置里打开“自动确定日期和时间”。';

/** @typedef {{name: string, state: 'good'|'ask'|'bad', chip: string, words: string}} Point */
/** @param {string} name @param {string} chip @param {string} words @returns {Point} */
const good = (name, chip, words) => ({ name, state: 'good', chip, words });
/** @param {string} name @param {string} chip @param {string} words @returns {Point} */
const bad = (name, chip, words) => ({ name, state: 'bad', chip, words });
/** @param {string} name @param {string} chip @param {string} words @returns {Point} */
const ask = (name, chip, words) => ({ name, state: 'ask', chip, words });

/** @param {string[]} addresses */
async function missing(addresses) {
  const cache = await caches.open('census');
  const there = await Promise.all(addresses.map((address) => cache.match(address, { ignoreVary: true })));
  return addresses.filter((_address, index) => !there[index]);
}

/** Forms with the lists that they offer. @returns {Promise<Point>} */
async function forms() {
  if (!navigator.serviceWorker || !navigator.serviceWorker.controller)
    return bad(
      '普查表',
      '✕ 存不下来',
      '这个窗口不能离线使用。请不要用无痕窗口，也不要在微信里打开；用手机浏览器打开，再查一遍。',
    );
  const { pages, definitions } = await needed();
  const lists = (
    await Promise.all(
      definitions.map(async (address) => {
        const answer = await (await caches.open('census')).match(address, { ignoreVary: true });
        return answer ? Object.values((await answer.json()).lists) : [];
      }),
    )
  ).flat();
  const lacking = await missing([...pages, ...definitions, ...lists]);
  if (!pages.length) return bad('普查表', '✕ 没有', '还没有下载到普查表。请连上网络再查一遍。');
  if (lacking.length) return bad('普查表', `✕ 缺 ${lacking.length} 份`, '请连上网络再查一遍，会自动补上。');
  return good('普查表和代码表', '✓ 齐了', `${pages.length} 张表，${new Set(lists).size} 份代码表`);
}

/** @returns {Promise<Point[]>} */
async function register() {
  const [units, pack, areas, names] = [
    await store.keys('units'),
    await store.get('session', 'pack'),
    await store.get('session', 'areas'),
    await store.get('session', 'names'),
  ];
  const outlined = Object.values((areas && areas.areas) || {}).filter((area) => area.boundary).length;
  return [unitsPoint(pack, units.length), areasPoint(outlined), namesPoint(names)];
}

/** @param {any} pack what was downloaded last @param {number} count @returns {Point} */
function unitsPoint(pack, count) {
  if (!pack || !pack.cursor) return bad('我的单位', '✕ 没有下载', '请连上网络再查一遍。');
  const when = pack.at ? `${new Date(pack.at).toLocaleString('zh-CN')} 更新` : '';
  return good('我的单位', `✓ ${count} 户`, when);
}

/** @param {number} outlined @returns {Point} */
function areasPoint(outlined) {
  if (outlined) return good('普查小区边界', `✓ ${outlined} 个`, '');
  return ask('普查小区边界', '– 没有', '您的单位还没有划普查小区边界，不影响填表。');
}

/** @param {any} names @returns {Point} */
function namesPoint(names) {
  if (!names) return ask('查重名录', '! 没有下载', '发现新单位时不能查重。请连上网络再查一遍。');
  return good('查重名录', `✓ ${names.names.length} 户`, '路上发现新单位时，用它查是不是已在名录里');
}

/** @returns {Promise<Point[]>} */
async function room() {
  if (!navigator.storage || !navigator.storage.estimate)
    return [ask('存储空间', '! 查不到', '这个浏览器不说还剩多少空间。')];
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  const free = Math.floor((quota - usage) / MB);
  const kept = await store.persist();
  return [freeRoom(free), kept ? good('长期保存', '✓ 已允许', '') : ask('长期保存', '! 没有允许', NOT_KEPT)];
}

/** @param {number} free in MB @returns {Point} */
function freeRoom(free) {
  if (free < LEAST_FREE_MB) return bad('存储空间', `✕ 只剩 ${free} MB`, NO_ROOM);
  const words = free > 2048 ? `${Math.floor(free / 1024)} GB` : `${free} MB`;
  return good('存储空间', `✓ 可用 ${words}`, '');
}

/** @returns {Promise<Point>} */
async function clock() {
  try {
    const answer = await fetch('/healthz', { method: 'HEAD', cache: 'no-store' });
    const apart = Math.abs(Date.parse(answer.headers.get('Date') || '') - Date.now());
    if (Number.isNaN(apart)) return ask('时钟', '! 查不到', '');
    if (apart < CLOCK_MS) return good('时钟', '✓ 准', '');
    return ask('时钟', `! 差 ${Math.round(apart / 60_000)} 分钟`, CLOCK_OFF);
  } catch {
    return ask('时钟', '! 没有联网', '联网时再查。');
  }
}

/** @returns {Promise<Point>} */
function place() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) {
      resolve(ask('定位', '! 没有', '这部手机不能定位，可手工填经纬度。'));
      return;
    }
    const timer = setTimeout(() => resolve(ask('定位', '! 等太久', '到室外再试一次。')), 9_000);
    const end = (/** @type {Point} */ point) => {
      clearTimeout(timer);
      resolve(point);
    };
    navigator.geolocation.getCurrentPosition(
      (found) => end(fixPoint(found.coords.accuracy)),
      (problem) => end(noFixPoint(problem)),
      { maximumAge: 60_000, timeout: 8_000 },
    );
  });
}

/** @param {number} accuracy in metres @returns {Point} */
function fixPoint(accuracy) {
  const words = `精度 ${Math.round(accuracy)} 米`;
  return accuracy <= 100 ? good('定位', `✓ ${words}`, '') : ask('定位', `! ${words}`, '到室外会更准。');
}

/** @param {GeolocationPositionError} problem @returns {Point} */
function noFixPoint({ code, PERMISSION_DENIED }) {
  if (code === PERMISSION_DENIED) return bad('定位', '✕ 没有允许', '请在浏览器的网站设置里允许“位置”。');
  return ask('定位', '! 收不到', '到室外再试一次。');
}

/** @returns {Promise<Point>} */
async function lock() {
  if (await vault.hasPin(store.account)) return good('开锁密码', '✓ 已设', '');
  return bad('开锁密码', '✕ 没有设', '在下面设一个。没有网络时用它打开；丢了手机，别人打不开。');
}

/** @param {Point[]} points */
function draw(points) {
  const colours = { good: 'green', ask: 'amber', bad: 'red' };
  the('points').textContent = '';
  for (const point of points) {
    const line = the('point-template').content.cloneNode(true).firstElementChild;
    line.querySelector('.name').textContent = point.name;
    line.querySelector('.chip').className = `chip ${colours[point.state]}`;
    line.querySelector('.chip').textContent = point.chip;
    line.querySelector('p').textContent = point.words;
    the('points').append(line);
  }
  const wrong = points.filter((point) => point.state === 'bad');
  the('tick').className = wrong.length ? 'tick red' : 'tick';
  the('tick').textContent = wrong.length ? '✕' : '✓';
  const lacking = `还差 ${wrong.length} 项：${wrong.map((point) => point.name).join('、')}`;
  the('words').textContent = wrong.length ? lacking : '可以出门了';
  const asked = points.filter((point) => point.state === 'ask').length;
  the('advice').textContent = adviceOn(wrong.length, asked);
}

/** @param {number} wrong @param {number} asked what one had better look at, too */
function adviceOn(wrong, asked) {
  if (wrong) return ''; // the points say what to do
  return asked ? `有 ${asked} 项最好也看一下` : '没有网络也能一直填。回来连上网络，会自动上传。';
}

/** @param {(words: string) => void} told @returns {Promise<string>} what could not be fetched */
async function fetchAll(told) {
  try {
    told('正在下载我的单位……');
    await refresh();
    await fetchForms((done, all) => told(`正在下载普查表 ${done} / ${all}`));
    await fetchNames();
    return '';
  } catch (problem) {
    if (problem instanceof store.Full) return problem.message;
    if (!(problem instanceof Refused)) throw problem;
    return problem.message;
  }
}

async function run() {
  the('go').disabled = true;
  the('tick').className = 'tick amber';
  the('tick').textContent = '…';
  const problem = await fetchAll((words) => {
    the('words').textContent = words;
  });
  the('words').textContent = '正在检查……';
  draw((await Promise.all([forms(), register(), lock(), room(), clock(), place()])).flat());
  if (problem) the('advice').textContent = problem;
  the('go').disabled = false;
  the('pin-go').textContent = (await vault.hasPin(store.account)) ? '换开锁密码' : '设开锁密码';
}

/** @param {Event} event */
async function setPin(event) {
  event.preventDefault();
  const say = (/** @type {string} */ words) => {
    the('pin-said').textContent = words;
    the('pin-said').hidden = !words;
  };
  const pin = the('pin').value;
  if (!/^[0-9]{6,12}$/.test(pin)) {
    say('请用 6 到 12 位数字。');
    the('pin').focus();
    return;
  }
  if (/^(\d)\1+$/.test(pin) || '01234567890123456789'.includes(pin) || '98765432109876543210'.includes(pin)) {
    say('太容易猜了，请换一个。');
    the('pin').focus();
    return;
  }
  if (pin !== the('again').value) {
    say('两次输的不一样。');
    the('again').focus();
    return;
  }
  if (!navigator.serviceWorker || !navigator.serviceWorker.controller) {
    say('这个窗口不能离线使用，设不了开锁密码。请用普通窗口。');
    return;
  }
  say('');
  the('pin-go').disabled = true;
  try {
    await vault.setPin(store.account, pin, (await token()).recovery_key, store.sealAnew);
    [the('pin').value, the('again').value] = ['', ''];
    await run();
    the('words').focus();
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof store.Full)) throw problem;
    say(problem.message);
  }
  the('pin-go').disabled = false;
}

async function start() {
  if (!store.account) {
    location.replace('/collect/check?fresh=1');
    return;
  }
  the('go').addEventListener('click', run);
  the('pin-form').addEventListener('submit', setPin);
  if (navigator.serviceWorker)
    await Promise.race([
      navigator.serviceWorker.ready.then(controlled),
      new Promise((resolve) => setTimeout(resolve, 15_000)),
    ]);
  await run();
}

/** A first visit: wait until the worker answers for this page. */
function controlled() {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return undefined;
  return new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

start();
