// Measures of rings and shapes, as `annelid.geometry` has them.

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
