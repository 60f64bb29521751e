// A map without tiles: the outline of the region, where the device is, and the point that a finger sets. Drag or arrow
// keys move it, two fingers, wheel, + and - zoom. Works without a network; loads on first use.

const METRES_PER_DEGREE = 111_195;
const CLOSEST_M = 60; // across the picture
const PIN_STEP_PX = 8;

/** @typedef {{lon: number, lat: number}} Point */
/** @typedef {Record<string, number[][][]>} Outlines region code → rings */

/**
 * Let somebody choose a point.
 * @param {Outlines} outlines
 * @param {Point|null} now
 * @param {any} device the device's fix
 * @returns {Promise<Point|null>}
 */
export function choose(outlines, now, device) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('map-dialog'));
  const canvas = /** @type {HTMLCanvasElement} */ (dialog.querySelector('canvas'));
  dialog.returnValue = '';
  dialog.showModal();
  const map = new TapMap(canvas, outlines, device, /** @type {HTMLOutputElement} */ (dialog.querySelector('output')));
  map.show(now);
  const step = (/** @type {Event} */ event) => {
    const { zoom } = /** @type {HTMLElement} */ (event.target).dataset;
    if (zoom) map.zoom(Number(zoom));
  };
  dialog.addEventListener('click', step);
  return new Promise((resolve) =>
    dialog.addEventListener(
      'close',
      () => {
        dialog.removeEventListener('click', step);
        map.end();
        resolve(dialog.returnValue === 'chosen' ? map.pin : null);
      },
      { once: true },
    ),
  );
}

export class TapMap {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Outlines} outlines
   * @param {any} device
   * @param {HTMLOutputElement} said
   */
  constructor(canvas, outlines, device, said) {
    this.canvas = canvas;
    this.rings = Object.values(outlines).flat();
    this.device = device && {
      lon: Number(device.lon),
      lat: Number(device.lat),
      accuracy: Number(device.accuracy_m) || 0,
    };
    this.said = said;
    /** @type {Point|null} */
    this.pin = null;
    this.centre = { lon: 113.38, lat: 22.95 };
    this.scale = 1; // pixels per metre
    this.size = { width: 1, height: 1 };
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.hasMoved = false;
    /** @type {[string, (event: any) => void][]} */
    this.heard = [];
    const hear = (/** @type {string} */ name, /** @type {(event: any) => void} */ act) => {
      this.heard.push([name, act]);
      canvas.addEventListener(name, act, { passive: false });
    };
    hear('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, this.at(event));
      this.hasMoved = this.fingers.size > 1;
    });
    hear('pointermove', (event) => this.dragged(event));
    hear('pointerup', (event) => {
      if (this.fingers.delete(event.pointerId) && !this.hasMoved) this.set(this.pointAt(this.at(event)));
    });
    hear('pointercancel', (event) => this.fingers.delete(event.pointerId));
    hear('wheel', (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.25 : 0.8);
    });
    hear('keydown', (event) => this.keyed(event));
  }

  end() {
    this.heard.forEach(([name, act]) => this.canvas.removeEventListener(name, act));
  }

  /** @param {Point|null} now */
  show(now) {
    const box = this.canvas.getBoundingClientRect();
    const dense = Math.min(2, devicePixelRatio || 1);
    this.size = { width: box.width, height: box.height };
    this.canvas.width = Math.round(box.width * dense);
    this.canvas.height = Math.round(box.height * dense);
    /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d')).setTransform(dense, 0, 0, dense, 0, 0);
    const points = this.rings.flat();
    if (now || this.device) {
      this.centre = now || this.device;
      this.scale = box.width / 1500;
    } else if (points.length) {
      const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
      this.centre = {
        lon: (Math.min(...lons) + Math.max(...lons)) / 2,
        lat: (Math.min(...lats) + Math.max(...lats)) / 2,
      };
      this.scale =
        0.9 *
        Math.min(
          box.width / ((Math.max(...lons) - Math.min(...lons)) * METRES_PER_DEGREE * this.shrink),
          box.height / ((Math.max(...lats) - Math.min(...lats)) * METRES_PER_DEGREE),
        );
    }
    this.pin = now;
    this.draw();
  }

  get shrink() {
    return Math.cos((this.centre.lat * Math.PI) / 180);
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {{x: number, y: number}} place @returns {Point} */
  pointAt({ x, y }) {
    const { width, height } = this.size;
    return {
      lon: this.centre.lon + (x - width / 2) / this.scale / METRES_PER_DEGREE / this.shrink,
      lat: this.centre.lat - (y - height / 2) / this.scale / METRES_PER_DEGREE,
    };
  }

  /** @param {number} lon @param {number} lat @returns {[number, number]} */
  placeOf(lon, lat) {
    const { width, height } = this.size;
    return [
      width / 2 + (lon - this.centre.lon) * METRES_PER_DEGREE * this.shrink * this.scale,
      height / 2 - (lat - this.centre.lat) * METRES_PER_DEGREE * this.scale,
    ];
  }

  /** @param {Point} point */
  set(point) {
    this.pin = point;
    this.draw();
  }

  /** @param {number} by */
  zoom(by) {
    const { width } = this.size;
    this.scale = Math.min(width / CLOSEST_M, Math.max(width / 400_000, this.scale * by));
    this.draw();
  }

  /** @param {PointerEvent} event */
  dragged(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const others = [...this.fingers].filter(([id]) => id !== event.pointerId);
    if (others.length) {
      const [[, other]] = others;
      const far = (/** @type {{x: number, y: number}} */ place) => Math.hypot(place.x - other.x, place.y - other.y);
      this.zoom(far(now) / Math.max(1, far(before)));
    } else if (this.hasMoved || Math.hypot(now.x - before.x, now.y - before.y) > PIN_STEP_PX) {
      this.hasMoved = true;
      const { width, height } = this.size;
      this.centre = this.pointAt({ x: width / 2 - now.x + before.x, y: height / 2 - now.y + before.y });
      this.draw();
    } else return;
    this.fingers.set(event.pointerId, now);
  }

  /** @param {KeyboardEvent} event */
  keyed(event) {
    /** @type {Record<string, [number, number]>} */
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === '+' || event.key === '=') this.zoom(1.5);
    else if (event.key === '-') this.zoom(1 / 1.5);
    else if (steps[event.key]) {
      const from = this.pin || this.centre;
      const [x, y] = this.placeOf(from.lon, from.lat);
      this.set(this.pointAt({ x: x + steps[event.key][0] * PIN_STEP_PX, y: y + steps[event.key][1] * PIN_STEP_PX }));
    } else return;
    event.preventDefault();
  }

  draw() {
    const { width, height } = this.size;
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    const style = getComputedStyle(this.canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    pen.fillStyle = colour('--grey-soft');
    pen.fillRect(0, 0, width, height);
    pen.beginPath();
    for (const ring of this.rings) {
      ring.forEach(([lon, lat], index) => {
        const [x, y] = this.placeOf(lon, lat);
        if (index) pen.lineTo(x, y);
        else pen.moveTo(x, y);
      });
      pen.closePath();
    }
    pen.fillStyle = colour('--paper');
    pen.fill('evenodd');
    Object.assign(pen, { lineWidth: 2, strokeStyle: colour('--brand') });
    pen.stroke();
    this.bar(pen, colour('--ink'), height, width);
    if (this.device) {
      const [x, y] = this.placeOf(this.device.lon, this.device.lat);
      circle(pen, x, y, Math.max(6, this.device.accuracy * this.scale), colour('--blue'), 0.18);
      circle(pen, x, y, 6, colour('--blue'), 1);
    }
    if (this.pin) {
      const [x, y] = this.placeOf(this.pin.lon, this.pin.lat);
      circle(pen, x, y, 10, colour('--red'), 1);
      circle(pen, x, y, 4, colour('--paper'), 1);
    }
    this.said.textContent = pinWords(this.pin);
  }

  /**
   * A bar that says how far is how far.
   * @param {CanvasRenderingContext2D} pen
   * @param {string} ink
   * @param {number} height
   * @param {number} width
   */
  bar(pen, ink, height, width) {
    const most = width / 3 / this.scale;
    const unit = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((times) => times * unit).find((one) => one <= most) || unit;
    Object.assign(pen, { lineWidth: 2, strokeStyle: ink, fillStyle: ink, font: '14px sans-serif' });
    pen.beginPath();
    pen.moveTo(12, height - 12);
    pen.lineTo(12 + length * this.scale, height - 12);
    pen.stroke();
    pen.fillText(length >= 1000 ? `${length / 1000} 千米` : `${length} 米`, 12, height - 18);
  }
}

/** @param {Point|null} pin */
function pinWords(pin) {
  if (!pin) return '点一下地图上单位所在的地方';
  return `东经 ${pin.lon.toFixed(6)}，北纬 ${pin.lat.toFixed(6)}`;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} colour
 * @param {number} alpha
 */
function circle(pen, x, y, radius, colour, alpha) {
  pen.globalAlpha = alpha;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.globalAlpha = 1;
}
