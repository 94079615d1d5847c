// The image that is looked at: its tiles in sight, the raw value of a pixel.

import { ancestor, tilesIn } from "../core/tile_grid.js";
import { drawList, placesInSight } from "./draw_list.js";
import { requestTile } from "./tile_request.js";
import { Tiles } from "./tiles.js";

/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */
/** @typedef {import("../core/tile_grid.js").Place} Place */
/** @typedef {import("./draw_list.js").Screen} Screen */
/** @typedef {import("./tile_request.js").PixelPlane} PixelPlane */
/** @typedef {import("../types.js").Transform} Transform */

const MOST_CHANNELS = 8;

export class ImageSource {
  /** @param {import("./tiles.js").TilesListener} listener */
  constructor(listener) {
    this._tiles = new Tiles(listener);
    /** @type {PixelFacts | null} */
    this.facts = null;
    /** Numbers of the channels that are shown. @type {number[]} */
    this.channels = [];
    this._view = "";
    /** @type {PixelPlane} */
    this._plane = { t: 0, z: 0, projection: "" };
    /** What is shown of a tile until its own plane has come. @type {PixelPlane | null} */
    this._before = null;
  }

  /**
   * @param {string} view id
   * @param {PixelFacts} facts
   * @param {PixelPlane} plane
   */
  open(view, facts, plane) {
    if (view !== this._view || facts.version !== this.facts?.version) this._tiles.clear();
    this._view = view;
    this.facts = facts;
    this._plane = plane;
    this._before = null;
  }

  get plane() {
    return this._plane;
  }

  set plane(plane) {
    this._before = this._plane;
    this._plane = plane;
  }

  /** How many tiles are still to come. */
  get pending() {
    return this._tiles.pending;
  }

  /**
   * What to draw now; tiles in sight that are not there are asked for.
   * @param {Transform} transform
   * @param {Screen} screen
   */
  pieces(transform, screen) {
    const { facts } = this;
    if (!facts) return [];
    const places = placesInSight(facts, transform, screen);
    this._want(facts, places);
    const found = drawList(facts, places, transform, screen, (place) => this._tiles.get(this._key(place)));
    const { _before: before } = this;
    if (!before || found.length === places.length) return found;
    return [...drawList(facts, places, transform, screen, (place) => this._tiles.get(key(before, place))), ...found];
  }

  /**
   * @param {PixelFacts} facts
   * @param {Place[]} places in sight
   */
  _want(facts, places) {
    const channels = facts.is_rgb ? facts.channels.map((_, n) => n) : this.channels.slice(0, MOST_CHANNELS);
    const coarsest = facts.levels.length - 1;
    const [first] = places;
    const above = first ? [ancestor(first, Math.min(coarsest, first.level + 2)), { level: coarsest, x: 0, y: 0 }] : [];
    const [view, plane, version] = [this._view, this._plane, facts.version];
    /** @type {import("./tiles.js").Fetch} */
    const fetch = (place, missing, signal) => requestTile(view, version, plane, place, missing, signal);
    const wished = channels.length ? [...places, ...above] : [];
    this._tiles.want(wished.map((place) => ({ key: this._key(place), place, channels, fetch })));
  }

  /**
   * The whole image from its coarsest level, as far as it is there.
   * @param {Transform} transform
   * @param {Screen} screen
   */
  overview(transform, screen) {
    const { facts } = this;
    if (!facts) return [];
    const places = tilesIn(facts, facts.levels.length - 1, [0, 0, ...facts.size_wh]);
    return drawList(facts, places, transform, screen, (place) => this._tiles.get(this._key(place)));
  }

  /** @param {Place} place */
  _key(place) {
    return key(this._plane, place);
  }

  /**
   * The raw values of a pixel of all channels that are there, from the finest tile at hand.
   * @param {number} x image pixels
   * @param {number} y
   * @returns {{level: number, values: Map<number, number>} | null} null outside of the image, or where nothing is there
   */
  valueAt(x, y) {
    const { facts } = this;
    if (!facts || x < 0 || y < 0 || x >= facts.size_wh[0] || y >= facts.size_wh[1]) return null;
    for (let level = 0; level < facts.levels.length; level++) {
      const [px, py] = [Math.floor(x / 2 ** level), Math.floor(y / 2 ** level)];
      const place = { level, x: Math.floor(px / facts.tile), y: Math.floor(py / facts.tile) };
      const tile = this._tiles.get(this._key(place));
      if (!tile) continue;
      const index = (py % facts.tile) * tile.width + (px % facts.tile);
      return { level, values: new Map([...tile.planes].map(([channel, plane]) => [channel, plane[index]])) };
    }
    return null;
  }

  /** Give up what is on its way, and forget everything. */
  close() {
    this._tiles.clear();
    this.facts = null;
  }
}

/**
 * @param {PixelPlane} plane
 * @param {Place} place
 */
function key({ t, z, projection }, { level, x, y }) {
  return `${t} ${projection || z} ${level}/${x}/${y}`;
}
