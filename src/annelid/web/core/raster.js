import { shapeBox } from "./geometry.js";

/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * Pixels of a window of the image: 1 belongs to the object, 0 does not; row by row.
 * @typedef {Object} Bitmap
 * @property {number} x left column of the window, a whole number
 * @property {number} y top row
 * @property {number} w
 * @property {number} h
 * @property {Uint8Array} data
 */

/** @typedef {{x: number, y: number, w: number, h: number}} Window */

/**
 * An empty bitmap.
 * @param {Window} window
 * @returns {Bitmap}
 */
export function blank({ x, y, w, h }) {
  return { x, y, w, h, data: new Uint8Array(w * h) };
}

/**
 * The whole pixels that a shape touches.
 * @param {Shape} shape
 * @returns {Window}
 */
export function windowOf(shape) {
  const box = shapeBox(shape);
  if (!box) return { x: 0, y: 0, w: 0, h: 0 };
  const [x, y] = [Math.floor(box[0]), Math.floor(box[1])];
  return { x, y, w: Math.ceil(box[2]) - x, h: Math.ceil(box[3]) - y };
}

/**
 * The least window that holds several.
 * @param {Window[]} windows
 * @returns {Window}
 */
export function windowOfAll(windows) {
  const full = windows.filter(({ w, h }) => w > 0 && h > 0);
  if (!full.length) return { x: 0, y: 0, w: 0, h: 0 };
  const x = Math.min(...full.map((one) => one.x));
  const y = Math.min(...full.map((one) => one.y));
  const right = Math.max(...full.map((one) => one.x + one.w));
  const bottom = Math.max(...full.map((one) => one.y + one.h));
  return { x, y, w: right - x, h: bottom - y };
}

/**
 * The pixels of a shape: a pixel belongs to it when its centre does. Each part even-odd, the parts united.
 * @param {Shape} shape
 * @param {Window} [window] of the image; what lies outside is left out
 * @returns {Bitmap}
 */
export function shapeBitmap(shape, window = windowOf(shape)) {
  const bitmap = blank(window);
  for (const part of shape) fillPart(bitmap, part);
  return bitmap;
}

/**
 * A bitmap of a window with what another one has there.
 * @param {Bitmap} bitmap
 * @param {Window} window
 * @returns {Bitmap}
 */
export function cropped(bitmap, window) {
  const result = blank(window);
  const left = Math.max(bitmap.x, window.x);
  const right = Math.min(bitmap.x + bitmap.w, window.x + window.w);
  const bottom = Math.min(bitmap.y + bitmap.h, window.y + window.h);
  for (let y = Math.max(bitmap.y, window.y); y < bottom && left < right; y++) {
    const from = (y - bitmap.y) * bitmap.w - bitmap.x;
    const row = bitmap.data.subarray(from + left, from + right);
    result.data.set(row, (y - window.y) * window.w + left - window.x);
  }
  return result;
}

/**
 * A bitmap that holds a window too; the same one where it does already. It grows by more than is asked for, so that a
 * brush that goes on does not copy it at every step.
 * @param {Bitmap} bitmap
 * @param {Window} window
 * @returns {Bitmap}
 */
export function grown(bitmap, window) {
  const all = windowOfAll([bitmap, window]);
  if (bitmap.w && all.w === bitmap.w && all.h === bitmap.h) return bitmap;
  const margin = Math.ceil(Math.max(all.w, all.h) / 4);
  return cropped(bitmap, { x: all.x - margin, y: all.y - margin, w: all.w + 2 * margin, h: all.h + 2 * margin });
}

/**
 * How many pixels belong to the object.
 * @param {Bitmap} bitmap
 */
export function count({ data }) {
  let n = 0;
  for (let i = 0; i < data.length; i++) n += data[i];
  return n;
}

/**
 * Scan-line fill of one part: every row's middle line crosses each edge at most once.
 * @param {Bitmap} bitmap
 * @param {Ring[]} rings
 */
function fillPart(bitmap, rings) {
  const { row, column } = crossings(bitmap, rings);
  const order = inRows(row, column, bitmap.h);
  const { w, data } = bitmap;
  for (let n = 0; n + 1 < order.length; n += 2) {
    const start = row[order[n]] * w;
    data.fill(1, start + column[order[n]], start + column[order[n + 1]]);
  }
}

/**
 * The first column right of each crossing; a crossing is of the rows y with low <= y + .5 < high.
 * @param {Bitmap} bitmap
 * @param {Ring[]} rings
 * @returns {{row: number[], column: number[]}}
 */
function crossings(bitmap, rings) {
  /** @type {{row: number[], column: number[]}} */
  const found = { row: [], column: [] };
  for (const ring of rings) {
    if (ring.length < 6) continue;
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [ax, ay] = [ring[j] - bitmap.x, ring[j + 1] - bitmap.y];
      const [bx, by] = [ring[i] - bitmap.x, ring[i + 1] - bitmap.y];
      if (ay <= by) crossEdge(bitmap, found, ax, ay, bx, by);
      else crossEdge(bitmap, found, bx, by, ax, ay);
    }
  }
  return found;
}

/**
 * @param {Bitmap} bitmap
 * @param {{row: number[], column: number[]}} found
 * @param {number} lowX
 * @param {number} lowY
 * @param {number} highX
 * @param {number} highY
 */
function crossEdge({ w, h }, found, lowX, lowY, highX, highY) {
  const first = clamped(Math.ceil(lowY - 0.5), h);
  const last = clamped(Math.ceil(highY - 0.5), h);
  for (let y = first; y < last; y++) {
    const x = lowX + ((y + 0.5 - lowY) * (highX - lowX)) / (highY - lowY);
    found.row.push(y);
    found.column.push(clamped(Math.ceil(x - 0.5), w));
  }
}

/**
 * The order of crossings by row, and by column in each row.
 * @param {number[]} row
 * @param {number[]} column
 * @param {number} h
 */
function inRows(row, column, h) {
  const ends = new Uint32Array(h + 1);
  for (const y of row) ends[y + 1]++;
  for (let y = 0; y < h; y++) ends[y + 1] += ends[y];
  const order = new Uint32Array(row.length);
  const next = ends.slice();
  row.forEach((y, n) => (order[next[y]++] = n));
  for (let y = 0; y < h; y++) {
    if (ends[y + 1] - ends[y] > 1) order.subarray(ends[y], ends[y + 1]).sort((a, b) => column[a] - column[b]);
  }
  return order;
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamped(value, most) {
  return Math.min(Math.max(value, 0), most);
}
