import { boxesMeet } from "./geometry.js";

/** @typedef {import("./geometry.js").Box} Box */

const MOST_CELLS = 64;

/** Which boxes lie where: those of small things in square cells, those of large ones in a list. */
export class Grid {
  /** @param {number} [cell] side of a cell in pixels: about the size of an object */
  constructor(cell = 64) {
    this._cell = cell;
    /** @type {Map<string, Box>} */
    this._boxes = new Map();
    /** @type {Map<number, Set<string>>} */
    this._cells = new Map();
    /** @type {Set<string>} */
    this._large = new Set();
  }

  get size() {
    return this._boxes.size;
  }

  /**
   * Put a box in, or in the place of the one with the same id.
   * @param {string} id
   * @param {Box} box
   */
  insert(id, box) {
    this.remove(id);
    this._boxes.set(id, box);
    const keys = this._keys(box);
    if (!keys) this._large.add(id);
    for (const key of keys ?? []) {
      const cell = this._cells.get(key);
      if (cell) cell.add(id);
      else this._cells.set(key, new Set([id]));
    }
  }

  /** @param {string} id */
  remove(id) {
    const box = this._boxes.get(id);
    if (!box) return;
    this._boxes.delete(id);
    this._large.delete(id);
    for (const key of this._keys(box) ?? []) {
      const cell = this._cells.get(key);
      cell?.delete(id);
      if (cell && !cell.size) this._cells.delete(key);
    }
  }

  /**
   * The ids of the boxes that meet a box; edges count.
   * @param {Box} box
   * @returns {string[]}
   */
  query(box) {
    const keys = this._keys(box, this._cells.size);
    const found = new Set(this._large);
    if (!keys) for (const id of this._boxes.keys()) found.add(id);
    for (const key of keys ?? []) for (const id of this._cells.get(key) ?? []) found.add(id);
    return [...found].filter((id) => boxesMeet(/** @type {Box} */ (this._boxes.get(id)), box));
  }

  /**
   * The ids of the boxes that hold a point; edges count.
   * @param {number} x
   * @param {number} y
   */
  hit(x, y) {
    return this.query([x, y, x, y]);
  }

  /**
   * The cells that a box touches; null where they are too many to be worth it.
   * @param {Box} box
   * @param {number} [most]
   * @returns {number[] | null}
   */
  _keys(box, most = MOST_CELLS) {
    const [left, top, right, bottom] = box.map((value) => Math.floor(value / this._cell));
    if (!((right - left + 1) * (bottom - top + 1) <= most)) return null;
    /** @type {number[]} */
    const keys = [];
    for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) keys.push(y * 2 ** 26 + x);
    return keys;
  }
}
