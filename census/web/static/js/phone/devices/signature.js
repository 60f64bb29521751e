// A signature on glass: pointer events draw on a canvas; what leaves is a PNG.

import { upload } from '../keep/api.js';

/** A pad on a canvas. */
export class Pad {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.length = 0;
    /** @type {{x: number, y: number}|null} */
    this.last = null;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.at(event);
      this.draw(this.last);
      event.preventDefault();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.last) this.draw(this.at(event));
    });
    for (const end of ['pointerup', 'pointercancel'])
      canvas.addEventListener(end, () => {
        this.last = null;
      });
    this.clear();
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.canvas.height,
    };
  }

  /** @param {{x: number, y: number}} to */
  draw(to) {
    const from = this.last || to;
    this.pen.beginPath();
    this.pen.moveTo(from.x, from.y);
    this.pen.lineTo(to.x, to.y);
    this.pen.stroke();
    this.length += Math.hypot(to.x - from.x, to.y - from.y);
    this.last = to;
  }

  clear() {
    this.pen.fillStyle = '#fff';
    this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    Object.assign(this.pen, { lineWidth: 6, lineCap: 'round', lineJoin: 'round', strokeStyle: '#16211f' });
    this.length = 0;
  }

  /** A dot is no signature. */
  get isSigned() {
    return this.length > 120;
  }

  /** @returns {Promise<Blob>} */
  png() {
    return new Promise((resolve, reject) =>
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('empty signature'))), 'image/png'),
    );
  }
}

/**
 * Let somebody sign for a block, in the page's dialog.
 * @param {HTMLElement} block
 * @returns {Promise<string|null>} the file's SHA-256
 */
export function signInto(block) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('sign-dialog'));
  const place = /** @type {HTMLElement} */ (block.querySelector('[data-taken]'));
  const pad = new Pad(/** @type {HTMLCanvasElement} */ (dialog.querySelector('canvas')));
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      async () => {
        if (dialog.returnValue !== 'signed' || !pad.isSigned) {
          resolve(null);
          return;
        }
        place.textContent = '正在存签名……';
        try {
          const digest = await upload(await pad.png(), 'signature.png');
          /** @type {HTMLInputElement} */ (block.querySelector('input[type=hidden]')).value = digest;
          place.textContent = '✓ 已签';
          resolve(digest);
        } catch (problem) {
          place.textContent = `签名没有存上：${/** @type {Error} */ (problem).message}`;
          resolve(null);
        }
      },
      { once: true },
    );
    dialog.returnValue = '';
    dialog.showModal();
  });
}
