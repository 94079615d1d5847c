import { ringCrossesItself } from "./crossing.js";
import { signedArea } from "./geometry.js";

/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * Where a line goes over an outline.
 * @typedef {Object} Gate
 * @property {number} edge of the ring: the one behind this vertex
 * @property {number} along the edge, 0..1
 * @property {number} segment of the line
 * @property {number} at place along the whole line
 * @property {number} x
 * @property {number} y
 */

/**
 * The two sides of an outline that a line goes into and out of once, exactly; null for all that is less simple.
 * @param {Shape} shape
 * @param {number[]} line open: x0, y0, x1, y1, ...
 * @returns {[Shape, Shape] | null} larger first
 */
export function cutOutline(shape, line) {
  if (shape.length !== 1 || shape[0].length !== 1) return null;
  const [ring] = shape[0];
  const gates = gatesOf(ring, line);
  if (gates.length !== 2) return null;
  const [first, last] = gates;
  const inner = line.slice(2 * first.segment + 2, 2 * last.segment + 2);
  const sides = [side(ring, first, last, reversed(inner)), side(ring, last, first, inner)];
  if (sides.some((one) => one.length < 6 || signedArea(one) === 0 || ringCrossesItself(one))) return null;
  const [a, b] = sides.sort((one, other) => Math.abs(signedArea(other)) - Math.abs(signedArea(one)));
  return [[[a]], [[b]]];
}

/**
 * The crossings of a ring and a line, along the line.
 * @param {Ring} ring
 * @param {number[]} line
 * @returns {Gate[]}
 */
function gatesOf(ring, line) {
  /** @type {Gate[]} */
  const found = [];
  for (let segment = 0; 2 * segment + 3 < line.length; segment++) {
    for (let edge = 0; 2 * edge < ring.length; edge++) {
      const gate = gateBetween(ring, edge, line, segment);
      if (gate) found.push(gate);
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/**
 * @param {Ring} ring
 * @param {number} edge
 * @param {number[]} line
 * @param {number} segment
 * @returns {Gate | null}
 */
function gateBetween(ring, edge, line, segment) {
  const [i, j, k] = [2 * edge, (2 * edge + 2) % ring.length, 2 * segment];
  const [ex, ey] = [ring[j] - ring[i], ring[j + 1] - ring[i + 1]];
  const [lx, ly] = [line[k + 2] - line[k], line[k + 3] - line[k + 1]];
  const cross = lx * ey - ly * ex;
  if (cross === 0) return null;
  const [dx, dy] = [ring[i] - line[k], ring[i + 1] - line[k + 1]];
  const [onLine, along] = [(dx * ey - dy * ex) / cross, (dx * ly - dy * lx) / cross];
  if (onLine < 0 || onLine >= 1 || along < 0 || along >= 1) return null;
  return { edge, along, segment, at: segment + onLine, x: line[k] + onLine * lx, y: line[k + 1] + onLine * ly };
}

/**
 * The outline from one crossing to another, and back along the line.
 * @param {Ring} ring
 * @param {Gate} from
 * @param {Gate} to
 * @param {number[]} back
 * @returns {Ring}
 */
function side(ring, from, to, back) {
  const count = ring.length / 2;
  const isWholeTurn = from.edge === to.edge && from.along > to.along;
  const steps = isWholeTurn ? count : (to.edge - from.edge + count) % count;
  const between = Array.from({ length: steps }, (_, n) => (from.edge + 1 + n) % count);
  return [
    from.x,
    from.y,
    ...between.flatMap((vertex) => [ring[2 * vertex], ring[2 * vertex + 1]]),
    to.x,
    to.y,
    ...back,
  ];
}

/** @param {number[]} line */
function reversed(line) {
  return Array.from({ length: line.length / 2 }, (_, n) =>
    line.slice(line.length - 2 * n - 2, line.length - 2 * n),
  ).flat();
}
