// What the assist tool draws besides the outline: its clicks, and that it is working.

/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {import("../core/prompt.js").Prompt} Prompt */

const INSIDE = "#4ade80";
const OUTSIDE = "#fb7185";
const PATIENCE_MS = 90;

/**
 * A disk with + or - for each click.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {Prompt} prompt
 */
export function drawPrompt(context, { scale, x, y }, { points }) {
  for (const [px, py, inside] of points) {
    const [sx, sy] = [px * scale + x, py * scale + y];
    context.beginPath();
    context.arc(sx, sy, 6, 0, 2 * Math.PI);
    context.fillStyle = inside ? INSIDE : OUTSIDE;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = "#111";
    context.stroke();
    context.beginPath();
    context.moveTo(sx - 3, sy);
    context.lineTo(sx + 3, sy);
    if (inside) {
      context.moveTo(sx, sy - 3);
      context.lineTo(sx, sy + 3);
    }
    context.stroke();
  }
}

/**
 * A turning arc around what was clicked last; not for answers that come at once.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {Prompt} prompt
 * @param {number} since milliseconds
 */
export function drawWorking(context, { scale, x, y }, { points, box }, since) {
  if (since < PATIENCE_MS) return;
  const [px, py] = points.at(-1) ?? (box ? [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] : [0, 0]);
  const turn = since / 150;
  for (const [width, color] of /** @type {[number, string][]} */ ([
    [5, "rgb(0 0 0 / 0.6)"],
    [2.5, "#fff"],
  ])) {
    context.beginPath();
    context.arc(px * scale + x, py * scale + y, 13, turn, turn + 4.4);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}
