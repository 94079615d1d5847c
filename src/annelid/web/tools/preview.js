// What tools draw over everything else while a gesture lasts, in CSS pixels of the viewer.

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Shape} Shape */
/** @typedef {import("../types.js").Transform} Transform */

const FALLBACK = "#9fd0ff";
const HOT = "#ffd166";

/**
 * The colour of a class; that of the current one by default.
 * @param {Editor} editor
 * @param {string} [label]
 */
export function colorOf(editor, label = editor.currentClass.value) {
  return editor.classes.value.find(({ name }) => name === label)?.color ?? FALLBACK;
}

/**
 * A shape that is being made or changed.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {Shape} shape
 * @param {string} color
 */
export function drawShape(context, transform, shape, color) {
  context.beginPath();
  for (const ring of shape.flat()) trace(context, transform, ring, true);
  context.globalAlpha = 0.22;
  context.fillStyle = color;
  context.fill("evenodd");
  context.globalAlpha = 1;
  stroke(context, color);
  for (const [outline] of shape) if (outline?.length === 2) drawDot(context, transform, outline[0], outline[1], color);
}

/**
 * An open line.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number[]} line x0, y0, x1, y1, ...
 * @param {string} color
 */
export function drawLine(context, transform, line, color) {
  context.beginPath();
  trace(context, transform, line, false);
  stroke(context, color);
}

/**
 * A place that can be taken hold of, or that was clicked.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number} x image pixels
 * @param {number} y image pixels
 * @param {string} color
 * @param {number} [radius] CSS pixels
 */
export function drawDot(context, transform, x, y, color, radius = 4) {
  context.beginPath();
  context.arc(x * transform.scale + transform.x, y * transform.scale + transform.y, radius, 0, 2 * Math.PI);
  context.fillStyle = "#fff";
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = color;
  context.stroke();
}

/**
 * A place that will be taken hold of by the next click.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number} x
 * @param {number} y
 */
export function drawHot(context, transform, x, y) {
  drawDot(context, transform, x, y, "#000", 6);
  drawDot(context, transform, x, y, HOT, 4);
}

/**
 * The frame of a selection that is being dragged.
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number[]} box x1, y1, x2, y2 in image pixels
 */
export function drawFrame(context, transform, [x1, y1, x2, y2]) {
  const { scale } = transform;
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  context.strokeStyle = HOT;
  context.strokeRect(x1 * scale + transform.x, y1 * scale + transform.y, (x2 - x1) * scale, (y2 - y1) * scale);
  context.setLineDash([]);
}

/**
 * A dark line under a coloured one is seen on any picture.
 * @param {CanvasRenderingContext2D} context
 * @param {string} color
 */
function stroke(context, color) {
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(0 0 0 / 0.55)";
  context.stroke();
  context.lineWidth = 1.75;
  context.strokeStyle = color;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Transform} transform
 * @param {number[]} ring
 * @param {boolean} isClosed
 */
function trace(context, { scale, x, y }, ring, isClosed) {
  for (let i = 0; i < ring.length; i += 2) {
    const [sx, sy] = [ring[i] * scale + x, ring[i + 1] * scale + y];
    if (i) context.lineTo(sx, sy);
    else context.moveTo(sx, sy);
  }
  if (isClosed) context.closePath();
}
