/** @typedef {import("./paint.js").Place} Place */
/** @typedef {import("./paint.js").Context} Context */
/** @typedef {import("../core/geometry.js").Box} Box */

/**
 * @typedef {Object} Tile
 * @property {ImageBitmap | null} bitmap null where nothing is to be seen
 * @property {boolean} isStale whether it shows what is no longer so
 */

/** @typedef {{column: number, row: number}} Cell */

/** @typedef {(context: Context, place: Place, box: Box) => boolean} Paint draws what lies in a box; whether it drew */

/** Device pixels. */
export const SIDE = 256;
/** Part of a device pixel by which a tile may be off. */
const OFF = 1 / 16;

/** The tiles of a drawing at one scale. Their edges fall on whole device pixels where the level fits the place. */
export class TileLevel {
  /** @param {Place} place */
  constructor({ scale, x, y }) {
    this.scale = scale;
    this._x = x - Math.floor(x);
    this._y = y - Math.floor(y);
    /** @type {Map<string, Tile>} */
    this._tiles = new Map();
  }

  /**
   * Whether the tiles can be copied to that place as they are.
   * @param {Place} place
   */
  fits({ scale, x, y }) {
    return Math.abs(scale / this.scale - 1) < 1e-9 && isWhole(x - this._x) && isWhole(y - this._y);
  }

  /**
   * The cells that meet a box, those in its middle first.
   * @param {Place} place
   * @param {Box} box device pixels
   * @returns {Cell[]}
   */
  cellsIn(place, [x1, y1, x2, y2]) {
    const factor = this.scale / place.scale;
    const column = (/** @type {number} */ x) => ((x - place.x) * factor + this._x) / SIDE;
    const row = (/** @type {number} */ y) => ((y - place.y) * factor + this._y) / SIDE;
    const [left, top] = [Math.floor(column(x1) + 1e-6), Math.floor(row(y1) + 1e-6)];
    const [right, bottom] = [Math.ceil(column(x2) - 1e-6), Math.ceil(row(y2) - 1e-6)];
    /** @type {Cell[]} */
    const cells = [];
    for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) cells.push({ column: c, row: r });
    const [middleX, middleY] = [(left + right - 1) / 2, (top + bottom - 1) / 2];
    const far = (/** @type {Cell} */ cell) => Math.abs(cell.column - middleX) + Math.abs(cell.row - middleY);
    return cells.sort((a, b) => far(a) - far(b));
  }

  /**
   * Where a cell lies at a place.
   * @param {Cell} cell
   * @param {Place} place
   * @returns {Box} whole device pixels
   */
  boxOf({ column, row }, place) {
    const factor = place.scale / this.scale;
    const x = (/** @type {number} */ c) => Math.round((c * SIDE - this._x) * factor + place.x);
    const y = (/** @type {number} */ r) => Math.round((r * SIDE - this._y) * factor + place.y);
    return [x(column), y(row), x(column + 1), y(row + 1)];
  }

  /** @param {Cell} cell */
  tile(cell) {
    return this._tiles.get(keyOf(cell));
  }

  /** @param {Cell[]} cells */
  missingOf(cells) {
    return cells.filter((cell) => !this._tiles.has(keyOf(cell)));
  }

  /** @param {Cell[]} cells */
  staleOf(cells) {
    return cells.filter((cell) => this._tiles.get(keyOf(cell))?.isStale);
  }

  /**
   * Make tiles, one at least, as long as there is time.
   * @param {Paint} paint
   * @param {Cell[]} cells
   * @param {() => boolean} hasTime
   * @returns {boolean} whether all were made
   */
  make(paint, cells, hasTime) {
    for (const [n, cell] of cells.entries()) {
      if (n && !hasTime()) return false;
      this._tiles.get(keyOf(cell))?.bitmap?.close();
      this._tiles.set(keyOf(cell), { bitmap: this._drawn(paint, cell), isStale: false });
    }
    return true;
  }

  /**
   * @param {Paint} paint
   * @param {Cell} cell
   */
  _drawn(paint, { column, row }) {
    const place = { scale: this.scale, x: this._x - column * SIDE, y: this._y - row * SIDE };
    const [left, top] = [-place.x / this.scale, -place.y / this.scale];
    const { canvas, context } = scratch();
    const isAny = paint(context, place, [left, top, left + SIDE / this.scale, top + SIDE / this.scale]);
    return isAny ? canvas.transferToImageBitmap() : null;
  }

  /**
   * @param {Box} box image pixels
   * @param {number} margin device pixels
   */
  stale(box, margin) {
    const [left, right] = [box[0] * this.scale + this._x - margin, box[2] * this.scale + this._x + margin];
    const [top, bottom] = [box[1] * this.scale + this._y - margin, box[3] * this.scale + this._y + margin];
    for (const [key, tile] of this._tiles) {
      const { column, row } = cellOf(key);
      const isBeside = right < column * SIDE || left > (column + 1) * SIDE;
      if (!isBeside && bottom >= row * SIDE && top <= (row + 1) * SIDE) tile.isStale = true;
    }
  }

  allStale() {
    for (const tile of this._tiles.values()) tile.isStale = true;
  }

  /**
   * Forget the tiles that are farther than two from all of these cells.
   * @param {Cell[]} cells
   */
  keepNear(cells) {
    const columns = cells.map((cell) => cell.column);
    const rows = cells.map((cell) => cell.row);
    const [left, right] = [Math.min(...columns) - 2, Math.max(...columns) + 2];
    const [top, bottom] = [Math.min(...rows) - 2, Math.max(...rows) + 2];
    for (const [key, tile] of this._tiles) {
      const { column, row } = cellOf(key);
      if (column >= left && column <= right && row >= top && row <= bottom) continue;
      tile.bitmap?.close();
      this._tiles.delete(key);
    }
  }

  close() {
    for (const tile of this._tiles.values()) tile.bitmap?.close();
    this._tiles.clear();
  }
}

/** @param {number} value */
function isWhole(value) {
  return Math.abs(value - Math.round(value)) < OFF;
}

/** @param {Cell} cell */
function keyOf({ column, row }) {
  return `${column} ${row}`;
}

/**
 * @param {string} key
 * @returns {Cell}
 */
function cellOf(key) {
  const [column, row] = key.split(" ").map(Number);
  return { column, row };
}

/** @type {{canvas: OffscreenCanvas, context: OffscreenCanvasRenderingContext2D} | null} */
let one = null;

/** The canvas on which every tile is drawn, empty. */
function scratch() {
  if (!one) {
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    one = { canvas, context: /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")) };
  }
  one.context.reset();
  return one;
}
