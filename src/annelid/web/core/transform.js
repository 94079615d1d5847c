// One affine map from image to screen: screen = image * scale + (x, y), in CSS pixels of the viewer.

/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {{width: number, height: number}} Size */

const MARGIN = 16;
const LARGEST = 64;
const KEPT = 48;

/**
 * @param {Transform} transform
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]} CSS pixels of the viewer
 */
export function toScreen(transform, x, y) {
  return [x * transform.scale + transform.x, y * transform.scale + transform.y];
}

/**
 * @param {Transform} transform
 * @param {number} sx
 * @param {number} sy
 * @returns {[number, number]} image pixels
 */
export function toImage(transform, sx, sy) {
  return [(sx - transform.x) / transform.scale, (sy - transform.y) / transform.scale];
}

/**
 * The whole image, centred.
 * @param {Size} image
 * @param {Size} screen
 * @param {number} [margin] CSS pixels that stay free at each side
 * @returns {Transform}
 */
export function fitted(image, screen, margin = MARGIN) {
  const room = (/** @type {number} */ side) => Math.max(side / 2, side - 2 * margin, 1);
  const scale = Math.min(room(screen.width) / image.width, room(screen.height) / image.height, LARGEST);
  return centred(scale, image.width / 2, image.height / 2, screen);
}

/**
 * A place of the image in the middle of the screen.
 * @param {number} scale
 * @param {number} x image pixels
 * @param {number} y image pixels
 * @param {Size} screen
 * @returns {Transform}
 */
export function centred(scale, x, y, screen) {
  return { scale, x: screen.width / 2 - x * scale, y: screen.height / 2 - y * scale };
}

/**
 * Another scale; what lies at a place of the screen stays there.
 * @param {Transform} transform
 * @param {number} scale
 * @param {number} sx
 * @param {number} sy
 * @returns {Transform}
 */
export function scaledAt(transform, scale, sx, sy) {
  const factor = scale / transform.scale;
  return { scale, x: sx - (sx - transform.x) * factor, y: sy - (sy - transform.y) * factor };
}

/**
 * How far one can zoom: out to a quarter of the whole image, in to 64 CSS pixels a pixel.
 * @param {Size} image
 * @param {Size} screen
 * @returns {[number, number]}
 */
export function scaleLimits(image, screen) {
  return [Math.min(1, fitted(image, screen).scale / 4), LARGEST];
}

/**
 * The transform with its scale within limits and a piece of the image in sight.
 * @param {Transform} transform
 * @param {Size} image
 * @param {Size} screen
 * @returns {Transform}
 */
export function held(transform, image, screen) {
  const [least, most] = scaleLimits(image, screen);
  const scale = Math.min(most, Math.max(least, transform.scale));
  const { x, y } =
    scale === transform.scale ? transform : scaledAt(transform, scale, screen.width / 2, screen.height / 2);
  return {
    scale,
    x: within(x, image.width * scale, screen.width),
    y: within(y, image.height * scale, screen.height),
  };
}

/**
 * @param {number} offset of the image on the screen
 * @param {number} length of the image on the screen
 * @param {number} room of the screen
 */
function within(offset, length, room) {
  const kept = Math.min(KEPT, length / 2, room / 2);
  return Math.min(room - kept, Math.max(kept - length, offset));
}

/**
 * The part of the image that is in sight: x1, y1, x2, y2 in image pixels, empty where there is none.
 * @param {Transform} transform
 * @param {Size} image
 * @param {Size} screen
 * @returns {[number, number, number, number]}
 */
export function visibleBox(transform, image, screen) {
  const [x1, y1] = toImage(transform, 0, 0);
  const [x2, y2] = toImage(transform, screen.width, screen.height);
  return [Math.max(0, x1), Math.max(0, y1), Math.min(image.width, x2), Math.min(image.height, y2)];
}
