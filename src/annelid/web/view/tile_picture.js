import { TileLevel, SIDE } from "./tile_level.js";

/** @typedef {import("./paint.js").Place} Place */
/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {{width: number, height: number}} Size */

/** Milliseconds without movement after which the picture is made anew at the scale that it is seen at. */
const REST = 80;
/** Milliseconds a frame for tiles that are missing: as long as they do, those of another scale stand in. */
const BUDGET = 4;
/** Milliseconds a frame for tiles that show what is no longer so: longer, as everything else would be a lie. */
const CHANGE_BUDGET = 12;

/**
 * A drawing kept as tiles, so that moving it is copying.
 *
 * While the scale changes, tiles of the last one are shown scaled; when it rests, tiles of the new one are made, a few
 * a frame, and replace them. A coarse picture of the whole stands in where there are none.
 */
export class TilePicture {
  /**
   * @param {import("./tile_level.js").Paint} paint draws what lies in a box of the image
   * @param {() => void} awake asks for another frame
   */
  constructor(paint, awake) {
    this._paint = paint;
    this._awake = awake;
    /** @type {TileLevel[]} the one being seen first, then what stands in for it */
    this._levels = [];
    /** @type {TileLevel | null} */
    this._whole = null;
    /** @type {Place | null} */
    this._last = null;
    this._movedAt = -Infinity;
    this._timer = 0;
  }

  /**
   * Draw it.
   * @param {CanvasRenderingContext2D} context of a canvas of that size, cleared
   * @param {Place} place
   * @param {Size} size device pixels
   */
  draw(context, place, size) {
    this._noteMovement(place);
    this._choose(place);
    const isDone = this._work(place, size);
    fill(context, this._stack(), place, [0, 0, size.width, size.height]);
    if (!isDone) this._awake();
  }

  /**
   * The whole image at a glance: made when there is time, and shown where nothing better is.
   * @param {number} scale device pixels an image pixel
   */
  setWhole(scale) {
    if (this._whole?.scale === scale) return;
    this._whole?.close();
    this._whole = new TileLevel({ scale, x: 0, y: 0 });
  }

  /**
   * Say that what lies in a box is no longer so.
   * @param {Box} box image pixels
   * @param {number} margin device pixels that it reaches beyond
   */
  stale(box, margin) {
    for (const level of this._stack()) level.stale(box, margin);
  }

  /** Say that nothing is as it was. */
  allStale() {
    for (const level of this._stack()) level.allStale();
  }

  close() {
    clearTimeout(this._timer);
    for (const level of this._stack()) level.close();
    this._levels = [];
    this._whole = null;
  }

  _stack() {
    return this._whole ? [...this._levels, this._whole] : this._levels;
  }

  /** @param {Place} place */
  _noteMovement(place) {
    const last = this._last;
    this._last = place;
    if (last && last.scale === place.scale && last.x === place.x && last.y === place.y) return;
    this._movedAt = last ? performance.now() : -Infinity;
  }

  /**
   * Begin a level for this place if none is near enough, or if it is here to stay.
   * @param {Place} place
   */
  _choose(place) {
    const [current] = this._levels;
    if (current?.fits(place)) return;
    const factor = current ? place.scale / current.scale : Infinity;
    const resting = performance.now() - this._movedAt;
    if (factor > 0.5 && factor < 2 && resting < REST) return this._wakeIn(REST - resting);
    const [previous, ...old] = this._levels;
    for (const level of old) level.close();
    this._levels = [new TileLevel(place), ...(previous ? [previous] : [])];
  }

  /** @param {number} milliseconds */
  _wakeIn(milliseconds) {
    clearTimeout(this._timer);
    this._timer = setTimeout(this._awake, milliseconds + 1);
  }

  /**
   * Make tiles for a while.
   * @param {Place} place
   * @param {Size} size
   * @returns {boolean} whether all is made
   */
  _work(place, size) {
    const start = performance.now();
    const left = (/** @type {number} */ budget) => performance.now() - start < budget;
    const [current] = this._levels;
    const seen = current.cellsIn(place, [0, 0, size.width, size.height]);
    const isFresh = current.make(this._paint, current.staleOf(seen), () => left(CHANGE_BUDGET));
    if (!isFresh || !current.make(this._paint, current.missingOf(seen), () => left(BUDGET))) return false;
    const sinceMoved = performance.now() - this._movedAt;
    if (sinceMoved < REST) this._wakeIn(REST - sinceMoved);
    if (sinceMoved < REST || !left(BUDGET)) return sinceMoved < REST;
    this._levels.splice(1).forEach((level) => level.close());
    current.keepNear(seen);
    return this._prepare(current, place, size, () => left(BUDGET));
  }

  /**
   * Make what may be seen next: the tiles round those that are seen, and the coarse picture of the whole.
   * @param {TileLevel} current
   * @param {Place} place
   * @param {Size} size
   * @param {() => boolean} hasTime
   * @returns {boolean} whether all is made
   */
  _prepare(current, place, { width, height }, hasTime) {
    const around = current.cellsIn(place, [-SIDE, -SIDE, width + SIDE, height + SIDE]);
    for (const cells of [current.missingOf(around), current.staleOf(around)]) {
      if (!current.make(this._paint, cells, hasTime)) return false;
    }
    const whole = this._whole;
    if (!whole) return true;
    const cells = whole.cellsIn({ scale: whole.scale, x: 0, y: 0 }, [0, 0, width, height]);
    return whole.make(this._paint, [...whole.missingOf(cells), ...whole.staleOf(cells)], hasTime);
  }
}

/**
 * Copy tiles into a box, from the first level that has them.
 * @param {CanvasRenderingContext2D} context
 * @param {TileLevel[]} levels
 * @param {Place} place
 * @param {Box} box device pixels
 */
function fill(context, levels, place, box) {
  const [level, ...rest] = levels;
  if (!level) return;
  for (const cell of level.cellsIn(place, box)) {
    const whole = level.boxOf(cell, place);
    const part = common(whole, box);
    const tile = level.tile(cell);
    if (!tile) fill(context, rest, place, part);
    else if (tile.bitmap) copy(context, tile.bitmap, whole, part);
  }
}

/**
 * Copy the part of a tile that lies in a box.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} bitmap
 * @param {Box} whole where the tile lies, device pixels
 * @param {Box} part of it
 */
function copy(context, bitmap, whole, part) {
  const [width, height] = [part[2] - part[0], part[3] - part[1]];
  if (width <= 0 || height <= 0) return;
  const [fx, fy] = [SIDE / (whole[2] - whole[0]), SIDE / (whole[3] - whole[1])];
  const [left, top] = [(part[0] - whole[0]) * fx, (part[1] - whole[1]) * fy];
  context.drawImage(bitmap, left, top, width * fx, height * fy, part[0], part[1], width, height);
}

/**
 * @param {Box} a
 * @param {Box} b
 * @returns {Box}
 */
function common(a, b) {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}
