// The image without WebGL: tiles become coloured canvases by lookup tables, a few in each frame.

import { MOST_AT_ONCE, compose, tableOf } from "../core/lookup.js";

/** @typedef {import("./tile_request.js").Tile} Tile */
/** @typedef {import("./draw_list.js").Piece} Piece */
/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {{canvas: OffscreenCanvas, version: number}} Coloured */

const BUDGET_MS = 6;
const MOST_KEPT = 192;
const GROUND = "#16191c";

export class ImageLayer2d {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{isOpaque?: boolean}} [options] whether nothing below it is to be seen, which is quicker
   */
  constructor(canvas, { isOpaque = true } = {}) {
    const context = canvas.getContext("2d", { alpha: !isOpaque });
    if (!context) throw new Error("this browser has no canvas");
    this._canvas = canvas;
    this._context = context;
    this._version = 0;
    /** @type {{index: number, key: string, table: import("../core/lookup.js").Table}[]} */
    this._shown = [];
    /** @type {Map<Tile, Coloured>} the one used last is last */
    this._coloured = new Map();
  }

  /**
   * How channels are shown from now on.
   * @param {Channel[]} channels
   * @param {import("../core/lookup.js").PixelType} dtype
   */
  setChannels(channels, dtype) {
    const before = this._shown;
    this._shown = channels.flatMap((channel, index) => {
      if (!channel.shown) return [];
      const { color, low, high, gamma } = channel;
      const key = [dtype, color, low, high, gamma].join();
      const known = before.find((one) => one.key === key);
      return [{ index, key, table: known?.table ?? tableOf(channel, dtype) }];
    });
    this._shown.length = Math.min(this._shown.length, MOST_AT_ONCE);
    this._version++;
  }

  /**
   * @param {Piece[]} pieces
   * @returns {boolean} whether something is left for the next frame
   */
  draw(pieces) {
    const context = this._context;
    context.fillStyle = GROUND;
    context.fillRect(0, 0, this._canvas.width, this._canvas.height);
    const end = performance.now() + BUDGET_MS;
    let isDone = true;
    for (const { tile, source, target, smooth } of pieces) {
      const coloured = this._colour(tile, performance.now() < end);
      if (coloured?.version !== this._version) isDone = false;
      if (!coloured) continue;
      const [sx, sy] = source;
      const [x, y] = target;
      context.imageSmoothingEnabled = smooth;
      const from = /** @type {const} */ ([sx, sy, source[2] - sx, source[3] - sy]);
      context.drawImage(coloured.canvas, ...from, x, y, target[2] - x, target[3] - y);
    }
    return !isDone;
  }

  /**
   * A tile in colours: those of before where there is no time to make it anew.
   * @param {Tile} tile
   * @param {boolean} hasTime
   * @returns {Coloured | undefined}
   */
  _colour(tile, hasTime) {
    const known = this._coloured.get(tile);
    if (known) this._coloured.delete(tile);
    const made = hasTime && known?.version !== this._version ? this._made(tile, known?.canvas) : known;
    if (made) this._coloured.set(tile, made);
    const oldest = this._coloured.size > MOST_KEPT && this._coloured.keys().next().value;
    if (oldest) this._coloured.delete(oldest);
    return made;
  }

  /**
   * @param {Tile} tile
   * @param {OffscreenCanvas} [canvas]
   * @returns {Coloured}
   */
  _made(tile, canvas = new OffscreenCanvas(tile.width, tile.height)) {
    const shown = this._shown.filter(({ index }) => tile.planes.has(index));
    const planes = shown.flatMap(({ index }) => tile.planes.get(index) ?? []);
    const picture = new ImageData(tile.width, tile.height);
    compose(
      planes,
      shown.map(({ table }) => table),
      new Uint32Array(picture.data.buffer),
    );
    canvas.getContext("2d", { alpha: false })?.putImageData(picture, 0, 0);
    return { canvas, version: this._version };
  }

  /** Forget all tiles. */
  close() {
    this._coloured.clear();
  }
}
