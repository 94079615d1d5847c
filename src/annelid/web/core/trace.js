import { componentAt, componentsOf } from "./runs.js";

/** @typedef {import("./raster.js").Bitmap} Bitmap */
/** @typedef {import("./runs.js").Runs} Runs */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

// Directions of an edge that has the object on its right: east, south, west, north.
const STEP_X = [1, 0, -1, 0];
const STEP_Y = [0, 1, 0, -1];
// From an edge's end: the pixels ahead, on the right and on the left hand.
const RIGHT_X = [0, -1, -1, 0];
const RIGHT_Y = [0, 0, -1, -1];
const LEFT_X = [0, 0, -1, -1];
const LEFT_Y = [-1, 0, 0, -1];

const EAST = 0;
const SOUTH = 1;

/**
 * The shape of a bitmap along its pixel edges, exactly: `shapeBitmap(bitmapShape(b), b)` is `b`.
 *
 * One part for each 4-connected component, in reading order; holes follow the outline; vertices only where it turns.
 * Where a component touches itself at a corner the walk turns left, so that every ring is simple.
 * @param {Bitmap} bitmap
 * @returns {Shape}
 */
export function bitmapShape(bitmap) {
  const walk = new Walk(bitmap);
  for (let y = 0; y < bitmap.h; y++) {
    for (const x of walk.tops(y)) walk.ring(x, y, EAST);
    for (const x of walk.ends(y)) walk.ring(x, y, SOUTH);
  }
  return walk.parts;
}

/** A walk round all rings of a bitmap; each begins at its first vertex in reading order. */
class Walk {
  /** @param {Bitmap} bitmap */
  constructor(bitmap) {
    this.bitmap = bitmap;
    this.runs = componentsOf(bitmap);
    /** @type {Shape} */
    this.parts = Array.from({ length: this.runs.count }, () => []);
    this._seen = new Uint8Array(bitmap.w * bitmap.h);
  }

  /**
   * Where pieces of the object's upper border begin in a row.
   * @param {number} y
   */
  *tops(y) {
    const { starts, ends, rows } = this.runs;
    let above = y ? rows[y - 1] : 0;
    const lastAbove = y ? rows[y] : 0;
    for (let run = rows[y]; run < rows[y + 1]; run++) {
      let x = starts[run];
      while (above < lastAbove && ends[above] <= x) above++;
      for (let other = above; x < ends[run]; other++) {
        const isLast = other >= lastAbove || starts[other] >= ends[run];
        if (isLast || starts[other] > x) yield x;
        x = isLast ? ends[run] : ends[other];
      }
    }
  }

  /**
   * Where the object's right border is in a row.
   * @param {number} y
   */
  *ends(y) {
    const { ends, rows } = this.runs;
    for (let run = rows[y]; run < rows[y + 1]; run++) yield ends[run];
  }

  /**
   * Follow the ring that begins at a vertex, unless it was followed already.
   * @param {number} startX
   * @param {number} startY
   * @param {number} direction
   */
  ring(startX, startY, direction) {
    const { w } = this.bitmap;
    const first = direction === EAST ? startY * w + startX : startY * w + startX - 1;
    if (this._seen[first] & (1 << direction)) return;
    const component = componentAt(this.runs, direction === EAST ? startX : startX - 1, startY);
    this.parts[component].push(this._follow(startX, startY, direction, component));
  }

  /**
   * @param {number} startX
   * @param {number} startY
   * @param {number} startDirection
   * @param {number} component
   * @returns {Ring}
   */
  _follow(startX, startY, startDirection, component) {
    /** @type {Ring} */
    const ring = [];
    let [x, y, direction] = [startX, startY, startDirection];
    do {
      this._mark(x, y, direction);
      x += STEP_X[direction];
      y += STEP_Y[direction];
      const turned = (direction + this._turn(x, y, direction, component)) & 3;
      if (turned !== direction) ring.push(x + this.bitmap.x, y + this.bitmap.y);
      direction = turned;
    } while (x !== startX || y !== startY || direction !== startDirection);
    return ring;
  }

  /**
   * Left where the pixel on the left ahead is of this component, else straight on, else right.
   * @param {number} x
   * @param {number} y
   * @param {number} direction
   * @param {number} component
   */
  _turn(x, y, direction, component) {
    const isRight = this._has(x + RIGHT_X[direction], y + RIGHT_Y[direction]);
    const [leftX, leftY] = [x + LEFT_X[direction], y + LEFT_Y[direction]];
    if (!this._has(leftX, leftY)) return isRight ? 0 : 1;
    if (isRight) return 3;
    return componentAt(this.runs, leftX, leftY) === component ? 3 : 1; // they touch at a corner only
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  _has(x, y) {
    const { w, h, data } = this.bitmap;
    return x >= 0 && y >= 0 && x < w && y < h && data[y * w + x] === 1;
  }

  /**
   * Remember an edge at which another ring could begin.
   * @param {number} x
   * @param {number} y
   * @param {number} direction
   */
  _mark(x, y, direction) {
    if (direction > SOUTH) return;
    this._seen[y * this.bitmap.w + (direction === EAST ? x : x - 1)] |= 1 << direction;
  }
}
