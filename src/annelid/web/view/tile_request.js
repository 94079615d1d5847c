// One tile from the server, as typed planes.

import { address, request } from "../api.js";

/** @typedef {import("../core/lookup.js").Plane} Plane */
/** @typedef {import("../core/tile_grid.js").Place} Place */
/** @typedef {{t: number, z: number, projection: string}} PixelPlane */

/**
 * A tile as it came: raw values, nothing done to them.
 * @typedef {Object} Tile
 * @property {string} key
 * @property {number} width
 * @property {number} height
 * @property {Map<number, Plane>} planes by the number of the channel
 * @property {boolean} [isPartial] whether more of it is to come
 */

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

/**
 * @param {string} view id
 * @param {string} version of the facts
 * @param {PixelPlane} plane
 * @param {Place} place
 * @param {number[]} channels
 * @param {AbortSignal} signal
 * @returns {Promise<Omit<Tile, "key">>}
 */
export async function requestTile(view, version, plane, place, channels, signal) {
  const path = `api/views/${encodeURIComponent(view)}/tiles/${place.level}/${place.x}/${place.y}`;
  const wanted = plane.projection ? { t: plane.t, projection: plane.projection } : { t: plane.t, z: plane.z };
  const response = await request(address(path, { ...wanted, c: channels.join(","), v: version }), { signal });
  const [, height, width] = (response.headers.get("X-Annelid-Shape") ?? "").split(",").map(Number);
  const Typed = TYPES[/** @type {keyof typeof TYPES} */ (response.headers.get("X-Annelid-Dtype"))];
  const values = new Typed(await response.arrayBuffer());
  const area = width * height;
  const planes = new Map(channels.map((channel, n) => [channel, values.subarray(n * area, (n + 1) * area)]));
  return { width, height, planes, isPartial: response.headers.has("X-Annelid-Partial") };
}
