import { grown } from "./raster.js";

/** @typedef {import("./raster.js").Bitmap} Bitmap */

/**
 * Draw a round brush along a line: every pixel whose centre is not farther than the radius, and those under the line
 * however thin the brush is.
 * @param {Bitmap} bitmap is changed where it is large enough
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} radius
 * @param {0 | 1} [value] 0 rubs out
 * @returns {Bitmap} one that holds the stroke; rubbing out needs no more room
 */
export function paint(bitmap, x0, y0, x1, y1, radius, value = 1) {
  const reach = Math.max(radius, 1);
  const [left, top] = [Math.floor(Math.min(x0, x1) - reach), Math.floor(Math.min(y0, y1) - reach)];
  const [right, bottom] = [Math.ceil(Math.max(x0, x1) + reach), Math.ceil(Math.max(y0, y1) + reach)];
  const target = value ? grown(bitmap, { x: left, y: top, w: right - left, h: bottom - top }) : bitmap;
  const last = Math.min(bottom, target.y + target.h);
  for (let y = Math.max(top, target.y); y < last; y++) {
    const span = spanAt(y + 0.5, x0, y0, x1, y1, radius);
    if (span) fillRow(target, y, Math.ceil(span[0] - 0.5), Math.floor(span[1] - 0.5) + 1, value);
  }
  if (radius < 1) underLine(target, x0, y0, x1, y1, value);
  return target;
}

/**
 * Where a row's middle line runs through a capsule, which is convex; null where it does not.
 * @param {number} y
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} radius
 * @returns {[number, number] | null}
 */
function spanAt(y, x0, y0, x1, y1, radius) {
  const spans = [...diskSpan(y, x0, y0, radius), ...diskSpan(y, x1, y1, radius), ...barSpan(y, x0, y0, x1, y1, radius)];
  return spans.length ? [Math.min(...spans), Math.max(...spans)] : null;
}

/**
 * @param {number} y
 * @param {number} cx
 * @param {number} cy
 * @param {number} radius
 */
function diskSpan(y, cx, cy, radius) {
  const square = radius * radius - (y - cy) ** 2;
  return square < 0 ? [] : [cx - Math.sqrt(square), cx + Math.sqrt(square)];
}

/**
 * Where a horizontal line enters and leaves the straight part of a stroke.
 * @param {number} y
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} radius
 */
function barSpan(y, x0, y0, x1, y1, radius) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!length) return [];
  const [nx, ny] = [(-(y1 - y0) / length) * radius, ((x1 - x0) / length) * radius];
  const corners = [x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny];
  /** @type {number[]} */
  const found = [];
  for (let i = 0, j = 6; i < 8; j = i, i += 2) {
    const [ax, ay, bx, by] = [corners[j], corners[j + 1], corners[i], corners[i + 1]];
    if (ay > y !== by > y) found.push(ax + ((y - ay) * (bx - ax)) / (by - ay));
  }
  return found;
}

/**
 * @param {Bitmap} bitmap
 * @param {number} y of the image
 * @param {number} from of the image
 * @param {number} to behind the last one
 * @param {0 | 1} value
 */
function fillRow(bitmap, y, from, to, value) {
  const start = (y - bitmap.y) * bitmap.w;
  const [left, right] = [Math.max(from - bitmap.x, 0), Math.min(to - bitmap.x, bitmap.w)];
  if (left < right) bitmap.data.fill(value, start + left, start + right);
}

/**
 * @param {Bitmap} bitmap
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {0 | 1} value
 */
function underLine(bitmap, x0, y0, x1, y1, value) {
  const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
  for (let n = 0; n <= steps; n++) {
    const x = Math.floor(x0 + (n / steps) * (x1 - x0));
    const y = Math.floor(y0 + (n / steps) * (y1 - y0));
    if (y >= bitmap.y && y < bitmap.y + bitmap.h) fillRow(bitmap, y, x, x + 1, value);
  }
}
