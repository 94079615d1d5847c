/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {import("./paint.js").Context} Context */
/** @typedef {import("./paint.js").Place} Place */

const DARK = "rgb(8 12 16 / 0.4)";
const EDGE = "rgb(255 255 255 / 0.55)";

/**
 * Darken what of the image is not covered, and draw a thin line round what is.
 * @param {Context} context
 * @param {Ring[]} covered
 * @param {[number, number]} size of the image
 * @param {Place} place
 * @param {number} ratio device pixels a CSS pixel
 */
export function paintVeil(context, covered, [width, height], place, ratio) {
  context.fillStyle = DARK;
  context.fillRect(place.x, place.y, width * place.scale, height * place.scale);
  context.globalCompositeOperation = "destination-out";
  for (const ring of covered) {
    trace(context, ring, place);
    context.fillStyle = "#000";
    context.fill();
  }
  context.globalCompositeOperation = "source-over";
  context.strokeStyle = EDGE;
  context.lineWidth = ratio;
  for (const ring of covered) {
    trace(context, ring, place);
    context.stroke();
  }
}

/**
 * Whether there is something to veil: a part of the image is covered, but not all.
 * @param {Ring[]} covered
 * @param {[number, number]} size of the image
 */
export function isPartlyCovered(covered, [width, height]) {
  return covered.length > 0 && !covered.some((ring) => isBoxRound(ring, width, height));
}

/**
 * @param {Ring} ring
 * @param {number} width
 * @param {number} height
 */
function isBoxRound(ring, width, height) {
  if (ring.length !== 8) return false;
  const outside = [0, 2, 4, 6].map((i) => side(ring[i], width) + side(ring[i + 1], height));
  return ["<<", "<>", "><", ">>"].every((corner) => outside.includes(corner));
}

/**
 * On which side of the image a coordinate is; nothing where it is within.
 * @param {number} value
 * @param {number} length
 */
function side(value, length) {
  return value <= 0 ? "<" : value >= length ? ">" : "";
}

/**
 * @param {Context} context
 * @param {Ring} ring
 * @param {Place} place
 */
function trace(context, ring, { scale, x, y }) {
  context.beginPath();
  for (let i = 0; i < ring.length; i += 2) context.lineTo(ring[i] * scale + x, ring[i + 1] * scale + y);
  context.closePath();
}
