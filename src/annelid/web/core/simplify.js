import { ringCrossesItself } from "./crossing.js";
import { signedArea } from "./geometry.js";
import { importance } from "./thin.js";

/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * A ring of fewer vertices, after Douglas and Peucker: none that is left out lies farther from it than the tolerance.
 * Where the short cuts would make it cross itself the tolerance is less.
 * @param {Ring} ring
 * @param {number} tolerance pixels
 * @returns {Ring}
 */
export function simplifyRing(ring, tolerance) {
  const needed = importance(ring);
  for (let most = tolerance; most > tolerance / 100; most /= 2) {
    const result = thinned(ring, needed, most);
    if (!ringCrossesItself(result)) return result;
    if (most === tolerance && ringCrossesItself(ring)) return result;
  }
  return ring;
}

/**
 * A shape of fewer vertices; holes and parts that come to nothing go.
 * @param {Shape} shape
 * @param {number} tolerance pixels
 * @returns {Shape} the shape itself where nothing would be left
 */
export function simplifyShape(shape, tolerance) {
  const rings = shape.map((part) => part.map((ring) => simplifyRing(ring, tolerance)));
  const kept = rings
    .filter(([outline]) => outline && signedArea(outline) !== 0)
    .map((part) => part.filter((ring) => signedArea(ring) !== 0));
  return kept.length ? kept : shape;
}

/**
 * The vertices that are needed at a tolerance; three at least.
 * @param {Ring} ring
 * @param {Float32Array} needed
 * @param {number} tolerance
 */
function thinned(ring, needed, tolerance) {
  const third = [...needed].sort((a, b) => b - a)[2] ?? 0;
  return ring.filter((_, n) => needed[n >> 1] > tolerance || needed[n >> 1] >= third);
}
