// What is drawn of an image: for each tile in sight the tile itself, or what there is of a coarser level.

import { ancestor, boxOf, levelFor, onDevice, tilesIn } from "../core/tile_grid.js";
import { visibleBox } from "../core/transform.js";

/** @typedef {import("../core/tile_grid.js").Grid} Grid */
/** @typedef {import("../core/tile_grid.js").Place} Place */
/** @typedef {import("./tile_request.js").Tile} Tile */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {{width: number, height: number, ratio: number}} Screen CSS pixels; device pixels of a CSS pixel */

/**
 * A part of a tile and where it goes.
 * @typedef {Object} Piece
 * @property {Tile} tile
 * @property {[number, number, number, number]} source x1, y1, x2, y2 in pixels of the tile
 * @property {[number, number, number, number]} target x1, y1, x2, y2 in device pixels
 * @property {boolean} smooth whether pixels are blended
 */

const CRISP = 2;

/**
 * The tiles of the level that suits the scale, those in the middle of the screen first.
 * @param {Grid} grid
 * @param {Transform} transform
 * @param {Screen} screen
 * @returns {Place[]}
 */
export function placesInSight(grid, transform, screen) {
  const level = levelFor(transform.scale * screen.ratio, grid.levels.length);
  const [width, height] = grid.size_wh;
  return tilesIn(grid, level, visibleBox(transform, { width, height }, screen));
}

/**
 * @param {Grid} grid
 * @param {Place[]} places
 * @param {Transform} transform
 * @param {Screen} screen
 * @param {(place: Place) => Tile | undefined} tileAt
 * @returns {Piece[]}
 */
export function drawList(grid, places, transform, screen, tileAt) {
  const smooth = transform.scale * screen.ratio < CRISP;
  return places.flatMap((place) => {
    const target = onDevice(boxOf(grid, place), transform, screen.ratio);
    const tile = tileAt(place);
    if (tile) return [{ tile, source: [0, 0, tile.width, tile.height], target, smooth }];
    const coarse = coarser(grid, place, tileAt);
    return coarse ? [{ ...coarse, target, smooth: true }] : [];
  });
}

/**
 * What a coarser level has of a tile.
 * @param {Grid} grid
 * @param {Place} place
 * @param {(place: Place) => Tile | undefined} tileAt
 * @returns {Pick<Piece, "tile" | "source"> | null}
 */
function coarser(grid, place, tileAt) {
  for (let level = place.level + 1; level < grid.levels.length; level++) {
    const parent = ancestor(place, level);
    const tile = tileAt(parent);
    if (!tile) continue;
    const [left, top] = boxOf(grid, parent);
    const [x1, y1, x2, y2] = boxOf(grid, place);
    const at = (/** @type {number} */ value, /** @type {number} */ start) => (value - start) / 2 ** level;
    const [right, bottom] = [Math.min(tile.width, at(x2, left)), Math.min(tile.height, at(y2, top))];
    return { tile, source: [at(x1, left), at(y1, top), right, bottom] };
  }
  return null;
}
