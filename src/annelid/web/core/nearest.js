import { nearestOnSegment } from "./geometry.js";

/** @typedef {import("../types.js").Shape} Shape */

/**
 * A vertex of a shape, or the edge that begins there, and the point of it that was meant.
 * @typedef {Object} Place
 * @property {number} part
 * @property {number} ring
 * @property {number} index
 * @property {number} x
 * @property {number} y
 * @property {number} distance pixels
 */

/**
 * The vertex that is nearest to a point; null where there is none.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @returns {Place | null}
 */
export function nearestVertex(shape, x, y) {
  return least(shape, x, y, (ring, i) => [ring[i], ring[i + 1]]);
}

/**
 * The edge that is nearest to a point, and its point that is nearest; null where there is none.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @returns {Place | null}
 */
export function nearestEdge(shape, x, y) {
  return least(shape, x, y, (ring, i) => {
    const next = (i + 2) % ring.length;
    return nearestOnSegment(ring[i], ring[i + 1], ring[next], ring[next + 1], x, y);
  });
}

/**
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @param {(ring: number[], i: number) => [number, number]} pointOf
 * @returns {Place | null}
 */
function least(shape, x, y, pointOf) {
  /** @type {Place | null} */
  let best = null;
  shape.forEach((rings, part) =>
    rings.forEach((points, ring) => {
      for (let i = 0; i < points.length; i += 2) {
        const [px, py] = pointOf(points, i);
        const distance = Math.hypot(px - x, py - y);
        if (distance < (best?.distance ?? Infinity)) best = { part, ring, index: i / 2, x: px, y: py, distance };
      }
    }),
  );
  return best;
}
