// From raw values to colours on the processor, exactly as the shader of view/compose_program.js does it:
// each channel's value becomes ((value - low) / (high - low)) ^ gamma of its colour; channels add up.

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {Uint8Array | Uint16Array | Int16Array | Float32Array} Plane */

/** How many channels can be shown at once: their sums have to fit. */
export const MOST_AT_ONCE = 8;
const FRACTION = 4;
const FIELD = 15;
const FULL = 255 << FRACTION;
const MASK = (1 << FIELD) - 1;
const HALF = 1 << (FRACTION - 1);
const FLOAT_STEPS = 65535;

/**
 * How bright a value is, 0 to 1.
 * @param {number} value
 * @param {Pick<Channel, "low" | "high" | "gamma">} channel
 */
function brightness(value, channel) {
  const part = (value - channel.low) / (channel.high - channel.low);
  return part > 0 ? Math.min(1, part) ** channel.gamma : 0;
}

/**
 * @param {string} color `#rrggbb`
 * @returns {[number, number, number]} 0 to 1
 */
export function rgbOf(color) {
  const number = parseInt(color.slice(1), 16);
  return [(number >> 16) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}

/**
 * What a table has for each index: red and green in one word, blue in the other, with room for sums of several channels;
 * and the colour itself for a channel that is shown alone.
 * @typedef {{warm: Int32Array, cold: Int32Array, alone: Uint32Array, scale: number, shift: number, isFloat: boolean}} Table
 */

const SIZES = { uint8: 256, uint16: 65536, int16: 65536, float32: FLOAT_STEPS + 1 };
/** @typedef {keyof typeof SIZES} PixelType */

/**
 * The table of a channel.
 * @param {Channel} channel
 * @param {PixelType} dtype
 * @returns {Table}
 */
export function tableOf(channel, dtype) {
  const size = SIZES[dtype];
  const isFloat = dtype === "float32";
  const range = channel.high - channel.low || 1;
  const valueAt = (/** @type {number} */ index) =>
    isFloat ? channel.low + (index / FLOAT_STEPS) * range : dtype === "int16" ? (index << 16) >> 16 : index;
  const [red, green, blue] = rgbOf(channel.color);
  const warm = new Int32Array(size);
  const cold = new Int32Array(size);
  const alone = new Uint32Array(size);
  for (let index = 0; index < size; index++) {
    const part = brightness(valueAt(index), channel) * FULL;
    warm[index] = (Math.round(part * red) << FIELD) | Math.round(part * green);
    cold[index] = Math.round(part * blue);
    alone[index] = colour(warm[index], cold[index]);
  }
  return { warm, cold, alone, scale: FLOAT_STEPS / range, shift: -channel.low * (FLOAT_STEPS / range), isFloat };
}

/**
 * Colours of a tile: `0xffbbggrr` for each pixel, as image data have it.
 * @param {Plane[]} planes of the channels that are shown
 * @param {Table[]} tables theirs
 * @param {Uint32Array} out
 */
export function compose(planes, tables, out) {
  if (planes.length === 1 && !tables[0].isFloat) return lookUp(indicesOf(planes[0]), tables[0].alone, out);
  if (sums.warm.length < out.length) sums = { warm: new Int32Array(out.length), cold: new Int32Array(out.length) };
  const { warm, cold } = sums;
  warm.fill(0, 0, out.length);
  cold.fill(0, 0, out.length);
  planes.forEach((plane, n) => add(plane, tables[n], warm, cold));
  for (let i = 0; i < out.length; i++) out[i] = colour(warm[i], cold[i]);
}

/** Used again for every tile. */
let sums = { warm: new Int32Array(0), cold: new Int32Array(0) };

/**
 * The colour of a sum.
 * @param {number} warm
 * @param {number} cold
 */
function colour(warm, cold) {
  const red = ((warm >>> FIELD) + HALF) >> FRACTION;
  const green = ((warm & MASK) + HALF) >> FRACTION;
  const blue = (cold + HALF) >> FRACTION;
  return (
    (0xff000000 | ((blue > 255 ? 255 : blue) << 16) | ((green > 255 ? 255 : green) << 8) | (red > 255 ? 255 : red)) >>>
    0
  );
}

/**
 * @param {Plane} indices
 * @param {Uint32Array} table
 * @param {Uint32Array} out
 */
function lookUp(indices, table, out) {
  for (let i = 0; i < out.length; i++) out[i] = table[indices[i]];
}

/**
 * Signed values by their bits, as tables count them.
 * @param {Plane} plane
 */
function indicesOf(plane) {
  return plane instanceof Int16Array ? new Uint16Array(plane.buffer, plane.byteOffset, plane.length) : plane;
}

/**
 * @param {Plane} plane
 * @param {Table} table
 * @param {Int32Array} warm
 * @param {Int32Array} cold
 */
function add(plane, table, warm, cold) {
  if (table.isFloat) return addFloat(plane, table, warm, cold);
  const indices = indicesOf(plane);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    warm[i] += table.warm[index];
    cold[i] += table.cold[index];
  }
}

/**
 * Not-a-number is black.
 * @param {Plane} plane
 * @param {Table} table
 * @param {Int32Array} warm
 * @param {Int32Array} cold
 */
function addFloat(plane, table, warm, cold) {
  for (let i = 0; i < plane.length; i++) {
    const place = plane[i] * table.scale + table.shift;
    const index = place > 0 ? Math.min(FLOAT_STEPS, Math.round(place)) : 0;
    warm[i] += table.warm[index];
    cold[i] += table.cold[index];
  }
}
