// A photo of the phone's camera: its position and time are read, then it is made small (1 280 px, 300 kB) and stripped
// of everything but the picture. It is kept on the phone by its SHA-256 and sent from there.

import { upload } from '../keep/api.js';
import { factsOf } from './exif.js';

const LONGEST_PX = 1280;
const LARGEST_BYTES = 300_000;
const QUALITIES = [0.8, 0.7, 0.6, 0.5, 0.4];
const SMALLER = 0.75;

/**
 * @typedef {{at?: string, lon?: string, lat?: string, was_px: string, was_bytes: number}} Facts what the camera wrote
 *   into the photo
 */
/** @typedef {{digest: string, facts: Facts}} Taken */

/** @param {ImageBitmap} picture @returns {Promise<Blob>} */
async function small(picture) {
  let scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  for (;;) {
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).drawImage(
      picture,
      0,
      0,
      canvas.width,
      canvas.height,
    );
    for (const quality of QUALITIES) {
      const blob = await /** @type {Promise<Blob>} */ (
        new Promise((resolve, reject) =>
          canvas.toBlob((made) => (made ? resolve(made) : reject(new Error('照片是空的'))), 'image/jpeg', quality),
        )
      );
      if (blob.size <= LARGEST_BYTES) return blob;
    }
    scale *= SMALLER;
  }
}

/** @param {File} file @returns {Promise<{blob: Blob, facts: Facts}>} */
export async function prepared(file) {
  const found = factsOf(await file.slice(0, 256 * 1024).arrayBuffer());
  const picture = await createImageBitmap(file);
  const facts = { ...found, was_px: `${picture.width}×${picture.height}`, was_bytes: file.size };
  return { blob: await small(picture), facts };
}

/** Let the camera take a picture. @returns {Promise<File|null>} */
export function picture() {
  return new Promise((resolve) => {
    const camera = document.createElement('input');
    camera.type = 'file';
    camera.accept = 'image/*';
    camera.setAttribute('capture', 'environment');
    camera.addEventListener('change', () => resolve((camera.files && camera.files[0]) || null));
    camera.click();
  });
}

/** Let the camera take a photo for a block. @param {HTMLElement} block @returns {Promise<Taken|null>} */
export async function takePhoto(block) {
  const place = /** @type {HTMLElement} */ (block.querySelector('[data-taken]'));
  const file = await picture();
  if (!file) return null;
  place.textContent = '正在存照片……';
  try {
    const { blob, facts } = await prepared(file);
    const digest = await upload(blob, 'photo.jpg', facts);
    place.textContent = '';
    const image = document.createElement('img');
    image.src = URL.createObjectURL(blob);
    image.alt = '刚拍的照片';
    place.append(image);
    const said = document.createElement('p');
    said.className = 'small quiet';
    said.textContent = [
      `${Math.round(blob.size / 1000)} kB`,
      facts.at && `拍于 ${facts.at.slice(0, 16).replace('T', ' ')}`,
      facts.lon && `位置 ${facts.lon}, ${facts.lat}`,
    ]
      .filter(Boolean)
      .join('　');
    place.append(said);
    /** @type {HTMLInputElement} */ (block.querySelector('input[type=hidden]')).value = digest;
    return { digest, facts };
  } catch (problem) {
    place.textContent = `照片没有存上：${/** @type {Error} */ (problem).message}`;
    return null;
  }
}
