// The two-dimensional code on a business licence 营业执照 fills the unit's code and name, after showing what it says.
// Read by the browser where it can, else by a reader that is fetched on first use; both look at one photo from the
// camera and nothing leaves the phone.

import { picture } from './photo.js';
import { FUNCTIONS } from '../../shared/questions.js';

const USCC = /[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}/g;
const NAME = /(?:企业名称|单位名称|名称|entname|regname|name)["”]?\s*[:：=]\s*["“]?([^\s;；,，&"”]+)/i;
const LONGEST_PX = 1600;
const OTHER_CODE = '这个二维码里没有统一社会信用代码。请对准营业执照右上角（或左下角）的二维码再拍，或手工填写。';
const NO_CODE = '照片里没有找到二维码。请靠近、对准、拍清楚再试，或手工填写。';
const READER = '../../vendor/qr.js';

/**
 * What a licence's code tells: a code whose check digit is right, and the name where it is written.
 * @param {string} text
 * @returns {{code: string, name: string}|null}
 */
export function licenceOf(text) {
  let words = text;
  try {
    words = decodeURIComponent(text);
  } catch (problem) {
    if (!(problem instanceof URIError)) throw problem;
  }
  const code = (words.toUpperCase().match(USCC) || []).find((one) => FUNCTIONS.valid_uscc(one));
  if (!code) return null;
  const found = NAME.exec(words);
  return { code, name: found ? found[1] : '' };
}

/** @param {any} page the form's controller @param {HTMLElement} block the code's */
export async function scanInto(page, block) {
  const said = /** @type {HTMLElement} */ (block.querySelector('output'));
  const file = await picture();
  if (!file) return;
  said.textContent = '正在识别……';
  try {
    const text = await decode(file);
    const found = text && licenceOf(text);
    if (!found) {
      said.textContent = text ? OTHER_CODE : NO_CODE;
      return;
    }
    said.textContent = '';
    if (await confirmed(found)) fill(page, block, found);
  } catch (problem) {
    said.textContent = `没有识别出来：${/** @type {Error} */ (problem).message}。请手工填写。`;
  }
}

/** @param {any} page @param {HTMLElement} block @param {{code: string, name: string}} found */
function fill(page, block, found) {
  for (const [one, path] of page.places) {
    if (one === block) page.put(one, path, found.code);
    else if (one.dataset.licence === 'name' && found.name) page.put(one, path, found.name);
  }
}

/** Show what will be filled in. @param {{code: string, name: string}} found @returns {Promise<boolean>} */
function confirmed(found) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('licence-dialog'));
  const [code, name] = dialog.querySelectorAll('dd');
  code.textContent = found.code;
  name.textContent = found.name || '二维码里没有写，请照执照手工填';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'fill'), { once: true }),
  );
}

/** @param {File} file @returns {Promise<string>} '' when there is no code in the picture */
async function decode(file) {
  const bitmap = await createImageBitmap(file);
  const { BarcodeDetector } = /** @type {any} */ (window);
  if (BarcodeDetector && (await BarcodeDetector.getSupportedFormats()).includes('qr_code')) {
    const [first] = await new BarcodeDetector({ formats: ['qr_code'] }).detect(bitmap);
    if (first) return first.rawValue; // else the reader below may still see one
  }
  const decodeQR = await reader();
  for (const longest of [LONGEST_PX, LONGEST_PX / 2]) {
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const text = textIn(pen.getImageData(0, 0, canvas.width, canvas.height), decodeQR);
    if (text) return text;
  }
  return '';
}

/** @typedef {{data: Uint8ClampedArray, width: number, height: number}} Picture */
/** @typedef {(picture: Picture) => string} Decode throws where there is no code */

/**
 * What a picture's code says.
 * @param {Picture} picture
 * @param {Decode} decodeQR
 * @returns {string} '' when there is no code in the picture
 */
export function textIn(picture, decodeQR) {
  try {
    return decodeQR(picture);
  } catch (problem) {
    // A picture that cannot be one at all is our fault and told; every other word means: no code, or too blurred.
    if (problem instanceof TypeError || problem instanceof RangeError) throw problem;
    return '';
  }
}

let missed = 0;

/** The reader: fetched on first use, then kept by the service worker. @returns {Promise<Decode>} */
async function reader() {
  // Chrome remembers that a module could not be fetched; under another fragment it asks again once there is a network.
  const address = new URL(missed ? `${READER}#${missed}` : READER, import.meta.url).href;
  try {
    return (await import(address)).decodeQR;
  } catch {
    missed += 1;
    throw new Error('识别程序没有下载到手机');
  }
}
