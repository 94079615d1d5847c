/** @typedef {import("../types.js").ClassInfo} ClassInfo */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("./display_options.js").DisplayOptions} DisplayOptions */

/** @typedef {[number, number, number]} Rgb 0..255 */

/** Told apart by the colour-blind, on dark and on bright images; as in the project's reports. */
const DISTINCT = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"].map(rgbOf);
const UNKNOWN = rgbOf("#b8b8b8");
/** Least to greatest score: dark blue to yellow, in steps that also differ in brightness. */
const RAMP = ["#3b5fc0", "#6c8fc9", "#a5a9a0", "#d6bd5b", "#ffe945"].map(rgbOf);

/**
 * The colour of each object, by what the person chose to see.
 * @param {DisplayOptions["colorBy"]} colorBy
 * @param {ClassInfo[]} classes
 * @returns {(object: ImageObject) => Rgb}
 */
export function colorsOf(colorBy, classes) {
  if (colorBy === "object") return (object) => distinct(object.id);
  if (colorBy === "author") return (object) => distinct(object.author);
  if (colorBy === "score") return (object) => (object.score === null ? UNKNOWN : onRamp(object.score));
  const known = new Map(classes.map(({ name, color }) => [name, rgbOf(color)]));
  return (object) => known.get(object.label) ?? UNKNOWN;
}

/**
 * @param {Rgb} rgb
 * @param {number} alpha 0..1
 */
export function css([r, g, b], alpha = 1) {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

/**
 * A colour nearer to white.
 * @param {Rgb} rgb
 * @param {number} share 0 leaves it, 1 is white
 * @returns {Rgb}
 */
export function lighter(rgb, share) {
  return /** @type {Rgb} */ (rgb.map((value) => Math.round(value + (255 - value) * share)));
}

/**
 * @param {string} color `#rrggbb`
 * @returns {Rgb}
 */
export function rgbOf(color) {
  return /** @type {Rgb} */ ([1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) || 0));
}

/** @param {string} text */
function distinct(text) {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return DISTINCT[Math.abs(hash) % DISTINCT.length];
}

/**
 * @param {number} score
 * @returns {Rgb}
 */
function onRamp(score) {
  const place = Math.min(Math.max(score, 0), 1) * (RAMP.length - 1);
  const step = Math.min(Math.floor(place), RAMP.length - 2);
  const share = place - step;
  return /** @type {Rgb} */ (RAMP[step].map((value, i) => Math.round(value + (RAMP[step + 1][i] - value) * share)));
}
