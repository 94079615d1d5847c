// Which tiles of a pyramid are in sight, and where they lie on the screen. Level L has every 2^L-th pixel.

/** @typedef {{level: number, x: number, y: number}} Place */
/** @typedef {{size_wh: [number, number], levels: [number, number][], tile: number}} Grid */
/** @typedef {import("../types.js").Transform} Transform */

/**
 * The coarsest level that still has a pixel for every pixel of the screen.
 * @param {number} scale device pixels of an image pixel
 * @param {number} count of the levels
 */
export function levelFor(scale, count) {
  return Math.max(0, Math.min(count - 1, Math.floor(Math.log2(1 / scale) + 1e-6)));
}

/**
 * The tiles of a level that touch a box, those in its middle first.
 * @param {Grid} grid
 * @param {number} level
 * @param {[number, number, number, number]} box x1, y1, x2, y2 in image pixels
 * @returns {Place[]}
 */
export function tilesIn(grid, level, [x1, y1, x2, y2]) {
  if (!(x2 > x1 && y2 > y1)) return [];
  const side = grid.tile * 2 ** level;
  const [w, h] = grid.levels[level];
  const last = [Math.ceil(w / grid.tile) - 1, Math.ceil(h / grid.tile) - 1];
  const places = [];
  for (let y = Math.max(0, Math.floor(y1 / side)); y <= Math.min(last[1], Math.ceil(y2 / side) - 1); y++) {
    for (let x = Math.max(0, Math.floor(x1 / side)); x <= Math.min(last[0], Math.ceil(x2 / side) - 1); x++) {
      places.push({ level, x, y });
    }
  }
  const [cx, cy] = [(x1 + x2) / 2 / side - 0.5, (y1 + y2) / 2 / side - 0.5];
  const distance = (/** @type {Place} */ place) => (place.x - cx) ** 2 + (place.y - cy) ** 2;
  return places.sort((a, b) => distance(a) - distance(b));
}

/**
 * The tile of a coarser level that a tile lies in.
 * @param {Place} place
 * @param {number} level
 * @returns {Place}
 */
export function ancestor(place, level) {
  const steps = level - place.level;
  return { level, x: place.x >> steps, y: place.y >> steps };
}

/**
 * Where a tile lies, in image pixels. The last tiles of a level end with the image.
 * @param {Grid} grid
 * @param {Place} place
 * @returns {[number, number, number, number]}
 */
export function boxOf(grid, place) {
  const side = grid.tile * 2 ** place.level;
  const [w, h] = grid.size_wh;
  const [x, y] = [place.x * side, place.y * side];
  return [x, y, Math.min(w, x + side), Math.min(h, y + side)];
}

/**
 * A box of the image in whole device pixels: neighbours share their edge, so that no seam is seen.
 * @param {[number, number, number, number]} box
 * @param {Transform} transform
 * @param {number} ratio device pixels of a CSS pixel
 * @returns {[number, number, number, number]} x1, y1, x2, y2
 */
export function onDevice([x1, y1, x2, y2], transform, ratio) {
  const scale = transform.scale * ratio;
  const at = (/** @type {number} */ value, /** @type {number} */ offset) => Math.round(value * scale + offset * ratio);
  return [at(x1, transform.x), at(y1, transform.y), at(x2, transform.x), at(y2, transform.y)];
}
