// What shapes have together, as sets of pixels: results run along pixel edges and are of kind `mask`.

import { boxHolds, boxesMeet, shapeArea, shapeBox } from "./geometry.js";
import { blank, shapeBitmap, windowOf, windowOfAll } from "./raster.js";
import { bitmapShape } from "./trace.js";

/** @typedef {import("./raster.js").Bitmap} Bitmap */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * What any of the shapes covers.
 * @param {Shape[]} shapes
 * @returns {Shape}
 */
export function union(shapes) {
  const window = windowOfAll(shapes.map(windowOf));
  return bitmapShape(shapeBitmap(shapes.flat(), window));
}

/**
 * What of a shape the others leave.
 * @param {Shape} shape
 * @param {Shape[]} others
 * @returns {Shape}
 */
export function subtract(shape, others) {
  const bitmap = shapeBitmap(shape);
  const away = shapeBitmap(others.filter((other) => meets(shape, other)).flat(), bitmap);
  for (let n = 0; n < away.data.length; n++) bitmap.data[n] &= away.data[n] ^ 1;
  return bitmapShape(bitmap);
}

/**
 * What two shapes have in common.
 * @param {Shape} a
 * @param {Shape} b
 * @returns {Shape}
 */
export function intersect(a, b) {
  if (!meets(a, b)) return [];
  const bitmap = shapeBitmap(a);
  const other = shapeBitmap(b, bitmap);
  for (let n = 0; n < other.data.length; n++) bitmap.data[n] &= other.data[n];
  return bitmapShape(bitmap);
}

/**
 * The shape without holes. Vertices stay where they are, unless a part lay in the hole of another.
 * @param {Shape} shape
 * @returns {Shape}
 */
export function fillHoles(shape) {
  const filled = shape.map(([outline]) => [outline]);
  const boxes = filled.map((part) => shapeBox([part]));
  const isNested = boxes.some(
    (inner, n) => inner && boxes.some((outer, m) => m !== n && outer && boxHolds(outer, inner)),
  );
  return isNested ? union([filled]) : filled;
}

/**
 * The connected pieces of a shape, the largest first. Parts that are drawn across each other are one piece.
 * @param {Shape} shape
 * @returns {Shape[]}
 */
export function pieces(shape) {
  if (!partsMeet(shape)) return largestFirst(shape.map((part) => [part]));
  return largestFirst(bitmapShape(shapeBitmap(shape)).map((part) => [part]));
}

/**
 * Cut a shape along a line; every pixel goes to one of the pieces.
 * @param {Shape} shape
 * @param {number[]} line open: x0, y0, x1, y1, ...
 * @returns {Shape[]} largest first; the shape itself where the line does not divide it
 */
export function cut(shape, line) {
  const bitmap = shapeBitmap(shape);
  const whole = bitmapShape(bitmap).length;
  const taken = takeLine(bitmap, line);
  const found = bitmapShape(bitmap);
  if (!taken.length || found.length <= whole) return [shape];
  const bitmaps = found.map((part) => shapeBitmap([part], bitmap));
  giveBack(bitmaps, taken);
  return largestFirst(bitmaps.map(bitmapShape));
}

/**
 * Take the pixels under a line away.
 * @param {Bitmap} bitmap
 * @param {number[]} line
 * @returns {number[]} indices of those that were there
 */
function takeLine({ x, y, w, h, data }, line) {
  /** @type {number[]} */
  const taken = [];
  for (let n = 0; n + 3 < line.length; n += 2) {
    for (const [column, row] of pixelsBetween(line[n] - x, line[n + 1] - y, line[n + 2] - x, line[n + 3] - y)) {
      if (column < 0 || row < 0 || column >= w || row >= h || !data[row * w + column]) continue;
      data[row * w + column] = 0;
      taken.push(row * w + column);
    }
  }
  return taken;
}

/**
 * The pixels of a line; they touch at corners at least, so that what is 4-connected falls apart.
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function* pixelsBetween(x0, y0, x1, y1) {
  const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)))); // 2: rounding leaves no gap
  for (let n = 0; n <= steps; n++) {
    const t = n / steps;
    yield [Math.floor(x0 + t * (x1 - x0)), Math.floor(y0 + t * (y1 - y0))];
  }
}

/**
 * Give pixels to the pieces that they touch, from there on to those behind them.
 * @param {Bitmap[]} bitmaps of one window
 * @param {number[]} taken
 */
function giveBack(bitmaps, taken) {
  const { w, h } = bitmaps[0];
  for (let left = taken; left.length;) {
    const given = left.map((index) => ({ index, to: bitmaps.find(({ data }) => touches(data, w, h, index)) }));
    given.forEach(({ index, to }) => to && (to.data[index] = 1));
    const still = given.filter(({ to }) => !to).map(({ index }) => index);
    if (still.length === left.length) return addPiece(bitmaps, still);
    left = still;
  }
}

/**
 * Pixels that touch nothing: the line ran along something as thin as itself.
 * @param {Bitmap[]} bitmaps
 * @param {number[]} pixels
 */
function addPiece(bitmaps, pixels) {
  const piece = blank(bitmaps[0]);
  for (const index of pixels) piece.data[index] = 1;
  bitmaps.push(...bitmapShape(piece).map((part) => shapeBitmap([part], piece)));
}

/**
 * Whether one of the four neighbours of a pixel is set.
 * @param {Uint8Array} data
 * @param {number} w
 * @param {number} h
 * @param {number} index
 */
function touches(data, w, h, index) {
  const x = index % w;
  const isBeside = (x > 0 && data[index - 1]) || (x < w - 1 && data[index + 1]);
  return Boolean(isBeside || (index >= w && data[index - w]) || (index < w * (h - 1) && data[index + w]));
}

/**
 * @param {Shape} a
 * @param {Shape} b
 */
function meets(a, b) {
  const [boxA, boxB] = [shapeBox(a), shapeBox(b)];
  return boxA !== null && boxB !== null && boxesMeet(boxA, boxB);
}

/** @param {Shape} shape */
function partsMeet(shape) {
  return shape.some((part, n) => shape.slice(n + 1).some((other) => meets([part], [other])));
}

/** @param {Shape[]} shapes */
function largestFirst(shapes) {
  const size = new Map(shapes.map((shape) => [shape, shapeArea(shape)]));
  return [...shapes].sort((a, b) => (size.get(b) ?? 0) - (size.get(a) ?? 0));
}
