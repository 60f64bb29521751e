// A photo of the phone's camera: made small (1 280 px), stripped of everything but the picture, sent by its SHA-256.

import { upload } from './api.js';

const LONGEST_PX = 1280;
const QUALITY = 0.72;

/** @param {File} file @returns {Promise<Blob>} */
export async function small(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('empty photo'))), 'image/jpeg', QUALITY));
}

/** Let the camera take a photo for a block. @param {HTMLElement} block @returns {Promise<string|null>} its SHA-256 */
export function takePhoto(block) {
  const place = /** @type {HTMLElement} */ (block.querySelector('[data-taken]'));
  return new Promise((resolve) => {
    const camera = document.createElement('input');
    camera.type = 'file';
    camera.accept = 'image/*';
    camera.setAttribute('capture', 'environment');
    camera.addEventListener('change', async () => {
      const file = camera.files && camera.files[0];
      if (!file) { resolve(null); return; }
      place.textContent = '正在存照片……';
      try {
        const blob = await small(file);
        const digest = await upload(blob, 'photo.jpg');
        place.textContent = '';
        const picture = document.createElement('img');
        picture.src = URL.createObjectURL(blob);
        picture.alt = '刚拍的照片';
        place.append(picture);
        /** @type {HTMLInputElement} */ (block.querySelector('input[type=hidden]')).value = digest;
        resolve(digest);
      } catch (problem) {
        place.textContent = `照片没有存上：${/** @type {Error} */ (problem).message}`;
        resolve(null);
      }
    });
    camera.click();
  });
}
