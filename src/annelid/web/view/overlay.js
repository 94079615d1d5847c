import { handlesOf } from "../core/handles.js";
import { paintBatches } from "./paint.js";
import { piecesOf } from "./scene.js";

/** @typedef {import("./scene.js").Entry} Entry */
/** @typedef {import("./paint.js").Place} Place */

/** CSS pixels beyond which an object shines at its edge alone: the image in it is worth more. */
const LARGE = 200;

/** @type {import("./object_style.js").Style} */
const GLOW = {
  rank: 0,
  color: "rgb(255 255 255 / 0.95)",
  fill: "rgb(255 255 255 / 0.12)",
  hatched: false,
  width: 1.5,
  casing: "",
  dash: [],
};

/**
 * Draw the object under the pointer once more, in light.
 * @param {CanvasRenderingContext2D} context
 * @param {Entry} entry
 * @param {Place} place
 * @param {number} ratio device pixels a CSS pixel
 */
export function drawHover(context, entry, place, ratio) {
  const isLarge = Math.max(entry.box[2] - entry.box[0], entry.box[3] - entry.box[1]) * place.scale > LARGE * ratio;
  const style = { ...GLOW, width: GLOW.width * ratio, fill: isLarge ? "transparent" : GLOW.fill };
  const batches = piecesOf(entry).map((piece) => ({ style, pieces: [piece] }));
  paintBatches(context, batches, place, ratio);
}

/**
 * Draw what of the selected objects can be dragged, as large on the screen at every zoom.
 * @param {CanvasRenderingContext2D} context
 * @param {Entry[]} entries selected, and not locked
 * @param {Place} place
 * @param {number} ratio
 */
export function drawHandles(context, entries, place, ratio) {
  const dragged = entries.filter(({ object }) => object.kind !== "point");
  const handles = dragged.flatMap(({ object }) => handlesOf(object, place.scale / ratio));
  if (!handles.length) return;
  const half = 3 * ratio;
  context.beginPath();
  for (const handle of handles) {
    const [x, y] = [Math.round(handle.x * place.scale + place.x), Math.round(handle.y * place.scale + place.y)];
    if (handle.role === "turn") circle(context, x, y, half * 1.3);
    else context.rect(x - half, y - half, 2 * half, 2 * half);
  }
  context.fillStyle = "#fff";
  context.strokeStyle = "rgb(0 0 0 / 0.85)";
  context.lineWidth = ratio;
  context.setLineDash([]);
  context.fill();
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function circle(context, x, y, radius) {
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
