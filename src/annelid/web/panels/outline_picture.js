import { boxesMeet, shapeBox } from "../core/geometry.js";

/** @typedef {import("../types.js").Shape} Shape */

const MARGIN = 0.12;

/**
 * Draw a shape into a small canvas, and another one dotted behind it, both at the same scale.
 * @param {HTMLCanvasElement} canvas
 * @param {Shape} shape
 * @param {Shape} behind
 * @param {string} color name of a CSS variable
 */
export function drawOutlines(canvas, shape, behind, color) {
  const context = canvas.getContext("2d");
  const place = fitting(shape, behind, canvas.width, canvas.height);
  if (!context || !place) return;
  const style = getComputedStyle(canvas);
  const { scale, x, y } = place;
  context.lineWidth = 2;
  context.setLineDash([4, 4]);
  context.strokeStyle = style.getPropertyValue("--dim");
  context.stroke(pathOf(behind, scale, x, y));
  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = style.getPropertyValue(color);
  const path = pathOf(shape, scale, x, y);
  context.stroke(path);
  context.globalAlpha = 0.2;
  context.fill(path, "evenodd");
}

/**
 * Scale and offset at which both shapes fill a canvas; the first alone where they lie far apart.
 * @param {Shape} shape
 * @param {Shape} behind
 * @param {number} width
 * @param {number} height
 */
function fitting(shape, behind, width, height) {
  const [own, other] = [shapeBox(shape), shapeBox(behind)];
  const box = own && other && boxesMeet(own, other) ? shapeBox([...shape, ...behind]) : (own ?? other);
  if (!box) return null;
  const room = 1 - 2 * MARGIN;
  const scale = Math.min((width * room) / Math.max(box[2] - box[0], 1), (height * room) / Math.max(box[3] - box[1], 1));
  const [cx, cy] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  return { scale, x: width / 2 - cx * scale, y: height / 2 - cy * scale };
}

/**
 * @param {Shape} shape
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 */
function pathOf(shape, scale, x, y) {
  const path = new Path2D();
  for (const ring of shape.flat()) {
    path.moveTo(ring[0] * scale + x, ring[1] * scale + y);
    for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i] * scale + x, ring[i + 1] * scale + y);
    path.closePath();
    if (ring.length === 2) path.arc(ring[0] * scale + x, ring[1] * scale + y, 5, 0, 2 * Math.PI);
  }
  return path;
}
