import { Grid } from "../core/grid.js";
import { shapeBox } from "../core/geometry.js";
import { importance } from "../core/thin.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {import("./batches.js").Piece} Piece */

/**
 * An object and what is worked out of it once.
 * @typedef {Object} Entry
 * @property {ImageObject} object
 * @property {number} order in which it is drawn
 * @property {Box} box image pixels
 * @property {Piece[] | null} pieces made when it is drawn first
 * @property {boolean | null} proposed null while nobody asked
 */

/** The objects of a view, found by where they are, in the order in which they are drawn. */
export class Scene {
  /** @param {Iterable<ImageObject>} objects */
  constructor(objects) {
    /** @type {Map<string, Entry>} */
    this._entries = new Map();
    /** @type {Map<string, number>} kept when an object goes: it may come back */
    this._orders = new Map();
    this._grid = new Grid(64);
    for (const object of objects) this.put(object);
  }

  /** @param {string} id */
  get(id) {
    return this._entries.get(id);
  }

  get size() {
    return this._entries.size;
  }

  /**
   * Add an object, or put it in the place of the one with its id. One without a vertex is nowhere.
   * @param {ImageObject} object
   */
  put(object) {
    this.remove(object.id);
    const box = shapeBox(object.shape);
    const order = this._orders.get(object.id) ?? this._orders.size;
    this._orders.set(object.id, order);
    if (!box) return;
    this._entries.set(object.id, { object, order, box, pieces: null, proposed: null });
    this._grid.insert(object.id, box);
  }

  /** @param {string} id */
  remove(id) {
    this._entries.delete(id);
    this._grid.remove(id);
  }

  /**
   * What meets a box, in the order in which it is drawn.
   * @param {Box} box
   * @returns {Entry[]}
   */
  query(box) {
    const found = this._grid.query(box).map((id) => /** @type {Entry} */ (this._entries.get(id)));
    return found.sort((a, b) => a.order - b.order);
  }

  /** What is a proposal may be one no longer. */
  forgetProposals() {
    for (const entry of this._entries.values()) entry.proposed = null;
  }
}

/**
 * The parts of an object as they are drawn.
 * @param {Entry} entry
 * @returns {Piece[]}
 */
export function piecesOf(entry) {
  entry.pieces ??= entry.object.shape.map((rings) => ({
    rings,
    needed: rings.map(importance),
    box: shapeBox([rings]) ?? entry.box,
    isBox: entry.object.kind === "box",
  }));
  return entry.pieces;
}
