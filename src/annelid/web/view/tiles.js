// The tiles of the image that is looked at: asked for in the order in which they are wanted, kept while there is room.

/** @typedef {import("../core/tile_grid.js").Place} Place */
/** @typedef {import("./tile_request.js").Tile} Tile */
/** @typedef {(place: Place, channels: number[], signal: AbortSignal) => Promise<Omit<Tile, "key">>} Fetch */
/** @typedef {{key: string, place: Place, channels: number[], fetch: Fetch}} Wish */

/**
 * @typedef {Object} TilesListener
 * @property {(hasCome: boolean) => void} loaded it is time to look again: a tile has come, or failed, or may be tried again
 * @property {(error: Error) => void} failed
 */

const AT_ONCE = 4;
const MOST_BYTES = 320 * 2 ** 20;
const RETRY_MS = 2000;

export class Tiles {
  /**
   * @param {TilesListener} listener
   * @param {number} [mostBytes] how much is kept
   */
  constructor(listener, mostBytes = MOST_BYTES) {
    this._listener = listener;
    this._mostBytes = mostBytes;
    this._bytes = 0;
    /** @type {Map<string, Tile>} the one used last is last */
    this._tiles = new Map();
    /** @type {Map<string, AbortController>} */
    this._running = new Map();
    /** @type {Map<string, number>} when they may be asked for again */
    this._failed = new Map();
    /** @type {Wish[]} */
    this._wishes = [];
  }

  /** How many are on their way or still to be asked for. */
  get pending() {
    return this._running.size + this._wishes.length;
  }

  /**
   * A tile, if it is there.
   * @param {string} key
   */
  get(key) {
    const tile = this._tiles.get(key);
    if (tile) {
      this._tiles.delete(key);
      this._tiles.set(key, tile);
    }
    return tile;
  }

  /**
   * What is wanted now, the most urgent first; whatever else is on its way is given up.
   * @param {Wish[]} wishes
   */
  want(wishes) {
    const keys = new Set(wishes.filter((wish) => this._lacks(wish)).map((wish) => wish.key));
    const open = [...keys].flatMap((key) => wishes.find((wish) => wish.key === key) ?? []);
    for (const [key, controller] of this._running) {
      if (keys.has(key)) continue;
      controller.abort();
      this._running.delete(key);
    }
    this._wishes = open.filter((wish) => !this._running.has(wish.key));
    this._next();
  }

  /** @param {Wish} wish */
  _lacks({ key, channels }) {
    if ((this._failed.get(key) ?? 0) > performance.now()) return false;
    return missing(this._tiles.get(key), channels).length > 0;
  }

  _next() {
    while (this._running.size < AT_ONCE && this._wishes.length) {
      const wish = this._wishes.shift();
      if (wish) void this._load(wish);
    }
  }

  /** @param {Wish} wish */
  async _load({ key, place, channels, fetch }) {
    const controller = new AbortController();
    this._running.set(key, controller);
    let hasCome = false;
    try {
      const found = await fetch(place, missing(this._tiles.get(key), channels), controller.signal);
      this._keep(key, found);
      this._failed.delete(key);
      hasCome = true;
    } catch (error) {
      if (!controller.signal.aborted) this._fail(key, /** @type {Error} */ (error));
    }
    if (this._running.get(key) === controller) this._running.delete(key);
    this._next();
    if (!controller.signal.aborted) this._listener.loaded(hasCome);
  }

  /**
   * @param {string} key
   * @param {Error} error
   */
  _fail(key, error) {
    const isRefused = "status" in error && Number(error.status) >= 400 && Number(error.status) < 500;
    this._failed.set(key, isRefused ? Infinity : performance.now() + RETRY_MS);
    if (!isRefused) setTimeout(() => this._listener.loaded(false), RETRY_MS + 50);
    this._listener.failed(error);
  }

  /**
   * @param {string} key
   * @param {Omit<Tile, "key">} found
   */
  _keep(key, { width, height, planes, isPartial = false }) {
    const known = this._tiles.get(key);
    const all = new Map([...(known && !known.isPartial ? known.planes : []), ...planes]);
    this._tiles.delete(key);
    this._tiles.set(key, { key, width, height, planes: all, isPartial });
    this._bytes += bytesOf(all) - (known ? bytesOf(known.planes) : 0);
    for (const [old, tile] of this._tiles) {
      if (this._bytes <= this._mostBytes || old === key) break;
      this._tiles.delete(old);
      this._bytes -= bytesOf(tile.planes);
    }
  }

  /** Give up what is on its way, and forget everything. */
  clear() {
    this._wishes = [];
    for (const controller of this._running.values()) controller.abort();
    this._running.clear();
    this._tiles.clear();
    this._failed.clear();
    this._bytes = 0;
  }
}

/**
 * @param {Tile | undefined} tile
 * @param {number[]} channels
 */
function missing(tile, channels) {
  return tile && !tile.isPartial ? channels.filter((channel) => !tile.planes.has(channel)) : channels;
}

/** @param {Tile["planes"]} planes */
function bytesOf(planes) {
  return [...planes.values()].reduce((sum, plane) => sum + plane.byteLength, 0);
}
