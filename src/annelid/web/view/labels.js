/** @typedef {import("./scene.js").Entry} Entry */
/** @typedef {import("./display_options.js").DisplayOptions} DisplayOptions */
/** @typedef {import("./paint.js").Place} Place */
/** @typedef {[number, number, number, number]} Box */

/** CSS pixels that an object has to be wide or high to be labelled. */
const ROOM = 30;
/** So many objects in view and no fewer are left without labels: nobody could read them. */
const CROWD = 400;
const HEIGHT = 15;
const FONT = "11px system-ui, sans-serif";

/**
 * What an object's label says.
 * @param {import("../types.js").ImageObject} object
 * @param {DisplayOptions} options
 */
export function labelOf(object, { showClass, showScore, showId }) {
  const score = showScore && object.score !== null ? object.score.toFixed(2) : "";
  return [showClass && object.label, score, showId && object.id.slice(0, 6)].filter(Boolean).join(" ");
}

/**
 * Draw the labels for which there is room, over the top left of their objects.
 * @param {CanvasRenderingContext2D} context
 * @param {Entry[]} entries in view, in order; the first ones have the right of way
 * @param {DisplayOptions} options
 * @param {Place} place
 * @param {number} ratio device pixels a CSS pixel
 */
export function drawLabels(context, entries, options, place, ratio) {
  const roomy = entries.filter(({ box }) => Math.max(box[2] - box[0], box[3] - box[1]) * place.scale >= ROOM * ratio);
  if (!roomy.length || roomy.length >= CROWD) return; // to set a font costs as much as all tiles
  context.save();
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = "middle";
  /** @type {Box[]} */
  const taken = [];
  for (const { object, box } of roomy) {
    const text = labelOf(object, options);
    const at = text && spot(context.measureText(text).width, box, place, ratio);
    if (!at || taken.some((other) => meet(at, other))) continue;
    taken.push(at);
    draw(context, text, at);
  }
  context.restore();
}

/**
 * @param {number} width of the text
 * @param {Box} box of the object
 * @param {Place} place
 * @param {number} ratio
 * @returns {Box} CSS pixels
 */
function spot(width, box, { scale, x, y }, ratio) {
  const [left, top] = [Math.round((box[0] * scale + x) / ratio), Math.round((box[1] * scale + y) / ratio) - HEIGHT - 1];
  return [left, top, left + width + 6, top + HEIGHT];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Box} at
 */
function draw(context, text, [x1, y1, x2, y2]) {
  context.fillStyle = "rgb(10 14 18 / 0.72)";
  context.fillRect(x1, y1, x2 - x1, y2 - y1);
  context.fillStyle = "#f2f5f7";
  context.fillText(text, x1 + 3, (y1 + y2) / 2 + 0.5);
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
