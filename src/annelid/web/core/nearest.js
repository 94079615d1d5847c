import { nearestOnSegment } from "./geometry.js";

/** @typedef {import("../types.js").Shape} Shape */

/**
 * An edge of a shape, named by the vertex where it begins, and the point of it that was meant.
 * @typedef {Object} Place
 * @property {number} part
 * @property {number} ring
 * @property {number} index
 * @property {number} x
 * @property {number} y
 * @property {number} distance pixels
 */

/**
 * The edge that is nearest to a point, and its point that is nearest; null where there is none.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @returns {Place | null}
 */
export function nearestEdge(shape, x, y) {
  /** @type {Place | null} */
  let best = null;
  for (const [part, rings] of shape.entries()) {
    for (const [ring, points] of rings.entries()) {
      for (let i = 0; i < points.length; i += 2) {
        const j = (i + 2) % points.length;
        const [px, py] = nearestOnSegment(points[i], points[i + 1], points[j], points[j + 1], x, y);
        const distance = Math.hypot(px - x, py - y);
        if (!best || distance < best.distance) best = { part, ring, index: i / 2, x: px, y: py, distance };
      }
    }
  }
  return best;
}
