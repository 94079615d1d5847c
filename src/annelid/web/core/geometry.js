// Measures of rings and shapes; as `annelid.geometry` has them. Changes of a shape: vertices.js; figures: figures.js.

/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * A half-open box: left, top, right, bottom.
 * @typedef {[number, number, number, number]} Box
 */

/**
 * Area in square pixels; positive when the ring runs clockwise as seen on the screen.
 * @param {Ring} ring
 */
export function signedArea(ring) {
  const n = ring.length;
  if (n < 6) return 0;
  const x0 = ring[0];
  const y0 = ring[1];
  let sum = 0;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    sum += (ring[j] - x0) * (ring[i + 1] - y0) - (ring[i] - x0) * (ring[j + 1] - y0);
  }
  return sum / 2;
}

/**
 * Area in square pixels: outlines less their holes.
 * @param {Shape} shape
 */
export function shapeArea(shape) {
  let area = 0;
  for (const part of shape) part.forEach((ring, n) => (area += (n ? -1 : 1) * Math.abs(signedArea(ring))));
  return area;
}

/**
 * The box round the outlines; null where there is no vertex.
 * @param {Shape} shape
 * @returns {Box | null}
 */
export function shapeBox(shape) {
  /** @type {Box} */
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [outline] of shape) if (outline) widen(box, outline);
  return box[0] <= box[2] ? box : null;
}

/**
 * The middle of the box; null where there is no vertex.
 * @param {Shape} shape
 * @returns {[number, number] | null}
 */
export function shapeCentre(shape) {
  const box = shapeBox(shape);
  return box && [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

/**
 * Whether two boxes share a point; edges count.
 * @param {Box} a
 * @param {Box} b
 */
export function boxesMeet(a, b) {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

/**
 * Whether one box lies in another.
 * @param {Box} inner
 * @param {Box} outer
 */
export function boxHolds(outer, inner) {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

/**
 * How often a ray to the right crosses the ring is odd.
 * @param {Ring} ring
 * @param {number} x
 * @param {number} y
 */
export function ringContains(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  }
  return inside;
}

/**
 * Whether a point lies in a shape: each part even-odd (holes are empty), the parts united.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 */
export function shapeContains(shape, x, y) {
  return shape.some((part) => part.reduce((inside, ring) => inside !== ringContains(ring, x, y), false));
}

/**
 * Whether a point lies in one of the rings or on its border.
 * @param {Ring[]} rings
 * @param {number} x
 * @param {number} y
 */
export function areasContain(rings, x, y) {
  return rings.some((ring) => ringContains(ring, x, y) || distanceToOutline([[ring]], x, y) === 0);
}

/**
 * Distance from a point to the nearest outline, in pixels; Infinity where there is none.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 */
export function distanceToOutline(shape, x, y) {
  let least = Infinity;
  for (const part of shape) {
    for (const ring of part) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        const [ax, ay, bx, by] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
        const [px, py] = nearestOnSegment(ax, ay, bx, by, x, y);
        least = Math.min(least, (px - x) ** 2 + (py - y) ** 2);
      }
    }
  }
  return Math.sqrt(least);
}

/**
 * The point of a segment that is nearest to a point.
 * @param {number} ax
 * @param {number} ay
 * @param {number} bx
 * @param {number} by
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function nearestOnSegment(ax, ay, bx, by, x, y) {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  if (square === 0) return [ax, ay];
  const t = ((x - ax) * dx + (y - ay) * dy) / square;
  if (t <= 0) return [ax, ay];
  return t >= 1 ? [bx, by] : [ax + t * dx, ay + t * dy];
}

/**
 * @param {Box} box
 * @param {Ring} ring
 */
function widen(box, ring) {
  for (let i = 0; i < ring.length; i += 2) {
    box[0] = Math.min(box[0], ring[i]);
    box[1] = Math.min(box[1], ring[i + 1]);
    box[2] = Math.max(box[2], ring[i]);
    box[3] = Math.max(box[3], ring[i + 1]);
  }
}

/**
 * The corners of a box, clockwise from the top left.
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @returns {Ring}
 */
export function boxRing(x1, y1, x2, y2) {
  return [x1, y1, x2, y1, x2, y2, x1, y2];
}

/**
 * A polygon through an ellipse that has the ellipse's own area.
 * @param {number[]} params cx, cy, rx, ry, angle in radians, clockwise on the screen
 * @param {number} [points]
 * @returns {Ring}
 */
export function ellipseRing([cx, cy, rx, ry, angle = 0], points = 64) {
  const step = (2 * Math.PI) / points;
  const widen = Math.sqrt(step / Math.sin(step)); // a polygon inside an ellipse is too small by sin(step) / step
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return Array.from({ length: points }, (_, n) => {
    const x = rx * widen * Math.cos(n * step);
    const y = ry * widen * Math.sin(n * step);
    return [cx + x * cos - y * sin, cy + x * sin + y * cos];
  }).flat();
}

/**
 * The corners of a rotated box, clockwise from its own top left.
 * @param {number[]} params cx, cy, width of its top edge, height of its left edge, angle in radians
 * @returns {Ring}
 */
export function rotatedBoxRing([cx, cy, width, height, angle = 0]) {
  const [ax, ay] = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * width) / 2];
  const [bx, by] = [(-Math.sin(angle) * height) / 2, (Math.cos(angle) * height) / 2];
  return [-ax - bx, -ay - by, ax - bx, ay - by, ax + bx, ay + by, bx - ax, by - ay].map((v, n) => v + (n % 2 ? cy : cx));
}

/**
 * The params of a ring of four corners that is a rotated box; null when it is none.
 * @param {Ring} ring clockwise or against it
 * @param {number} [tolerance] pixels
 * @returns {number[] | null} cx, cy, width, height, angle
 */
export function ringRotatedBox(ring, tolerance = 1e-6) {
  if (ring.length !== 8) return null;
  const [x0, y0, x1, y1, x2, y2, x3, y3] = ring;
  const [cx, cy] = [(x0 + x2) / 2, (y0 + y2) / 2];
  if (Math.hypot((x1 + x3) / 2 - cx, (y1 + y3) / 2 - cy) > tolerance) return null;
  if (Math.abs(Math.hypot(x2 - x0, y2 - y0) - Math.hypot(x3 - x1, y3 - y1)) > tolerance) return null;
  return [cx, cy, Math.hypot(x1 - x0, y1 - y0), Math.hypot(x3 - x0, y3 - y0), Math.atan2(y1 - y0, x1 - x0)];
}
