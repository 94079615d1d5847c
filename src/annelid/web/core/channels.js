// How channels are shown: what the facts propose, what a person chose, contrast from a histogram.

/** @typedef {import("../types.js").Channel} Channel */
/**
 * One channel of `GET api/views/ID/pixels`.
 * @typedef {Object} ChannelFacts
 * @property {string} name
 * @property {string} color
 * @property {number} low
 * @property {number} high
 * @property {number} min
 * @property {number} max
 * @property {[number, number]} percentiles the 1st and the 99.8th
 * @property {number[]} histogram in equal steps from min to max
 * @property {boolean} shown whether it is shown at first
 * @property {boolean} has_signal whether bright values stand out
 */
/**
 * The answer of `GET api/views/ID/pixels`.
 * @typedef {Object} PixelFacts
 * @property {string} view
 * @property {string} project which project it is, for what the browser keeps
 * @property {string} version changes with the file
 * @property {[number, number]} size_wh
 * @property {import("./lookup.js").PixelType} dtype in which pixels travel
 * @property {string} stored_dtype
 * @property {boolean} is_rgb
 * @property {number} tile side of a tile
 * @property {[number, number][]} levels width and height of each
 * @property {[number, number]} planes number of time points and focal planes
 * @property {{t: number, z: number, projection: string}} plane
 * @property {number | null} pixel_size_um
 * @property {string[]} notes
 * @property {ChannelFacts[]} channels
 */

/**
 * The channels as they are shown at first, or as they were left.
 * @param {PixelFacts} facts
 * @param {Partial<Channel>[]} [kept] of an image with the same channels
 * @returns {Channel[]}
 */
export function initialChannels(facts, kept = []) {
  return facts.channels.map((channel, n) => ({ ...defaultChannel(channel), ...usable(kept[n]) }));
}

/**
 * @param {ChannelFacts} facts
 * @returns {Channel}
 */
export function defaultChannel({ name, shown, color, low, high }) {
  return { name, shown, color, low, high, gamma: 1 };
}

/**
 * What of a kept channel makes sense.
 * @param {Partial<Channel>} [kept]
 * @returns {Partial<Channel>}
 */
function usable(kept = {}) {
  /** @type {Partial<Channel>} */
  const found = {};
  if (typeof kept.shown === "boolean") found.shown = kept.shown;
  if (/^#[0-9a-f]{6}$/.test(kept.color ?? "")) found.color = kept.color;
  const { low, high, gamma } = kept;
  if (Number.isFinite(low) && Number.isFinite(high) && Number(high) > Number(low)) Object.assign(found, { low, high });
  if (Number.isFinite(gamma) && Number(gamma) > 0) found.gamma = gamma;
  return found;
}

/**
 * The values between which the given shares of the pixels lie, from a histogram.
 * @param {Pick<ChannelFacts, "min" | "max" | "histogram">} facts
 * @param {number} lower 0..1
 * @param {number} upper 0..1
 * @returns {[number, number]}
 */
export function percentileRange({ min, max, histogram }, lower, upper) {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const step = (max - min) / histogram.length;
  let [seen, low, high] = [0, NaN, NaN];
  histogram.forEach((count, bin) => {
    seen += count;
    if (Number.isNaN(low) && seen > lower * total) low = min + bin * step;
    if (Number.isNaN(high) && seen >= upper * total) high = min + (bin + 1) * step;
  });
  return high > low ? [low, high] : [min, max > min ? max : min + 1];
}
