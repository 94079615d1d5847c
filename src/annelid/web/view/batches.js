/** @typedef {import("./object_style.js").Style} Style */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../core/geometry.js").Box} Box */

/**
 * Rings that are filled together, even-odd: one part of an object.
 * @typedef {Object} Piece
 * @property {Ring[]} rings
 * @property {Float32Array[]} needed importance of the vertices, ring by ring
 * @property {Box} box image pixels
 * @property {boolean} isBox whether it is an upright box
 */

/** So many pieces are quickest as one path: fewer cost calls, more cost the rasteriser. */
const PIECES = 16;
/** Batches of a style that are still open for what overlaps the pieces of the others. */
const OPEN = 4;

/** Pieces of one style that do not touch each other: as one path, even-odd, each is filled as if alone. */
export class Batches {
  constructor() {
    /** @type {Map<Style, Piece[][]>} */
    this._open = new Map();
    /** @type {{style: Style, pieces: Piece[]}[]} */
    this.all = [];
  }

  /**
   * @param {Style} style
   * @param {Piece} piece
   */
  add(style, piece) {
    let open = this._open.get(style);
    if (!open) this._open.set(style, (open = []));
    const roomy = open.find((pieces) => pieces.every(({ box }) => areApart(box, piece.box)));
    const pieces = roomy ?? this._begin(style, open);
    pieces.push(piece);
    if (pieces.length === PIECES) open.splice(open.indexOf(pieces), 1);
  }

  /** The batches from the lowest rank to the highest. */
  sorted() {
    return this.all.sort((a, b) => a.style.rank - b.style.rank || (a.style.color < b.style.color ? -1 : 1));
  }

  /**
   * @param {Style} style
   * @param {Piece[][]} open
   */
  _begin(style, open) {
    /** @type {Piece[]} */
    const pieces = [];
    open.push(pieces);
    if (open.length > OPEN) open.shift();
    this.all.push({ style, pieces });
    return pieces;
  }
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function areApart(a, b) {
  return a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
}
