import { ringContains } from "./geometry.js";

/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * An edge from left to right, and where it stands: vertex `index` of ring `ring`.
 * @typedef {{ax: number, ay: number, bx: number, by: number, ring: number, index: number, n: number}} Edge
 */

/**
 * Whether an outline crosses or touches itself, a hole crosses its outline or another hole, or lies outside.
 * @param {Shape} shape
 */
export function crossesItself(shape) {
  return shape.some((part) => {
    const [outline, ...holes] = part;
    return anyCross(part) || holes.some((hole) => !ringContains(outline, hole[0], hole[1]) && !isOn(outline, hole));
  });
}

/**
 * Whether a ring crosses or touches itself.
 * @param {Ring} ring
 */
export function ringCrossesItself(ring) {
  return anyCross([ring]);
}

/**
 * Edges sorted from left to right; each is compared with those that begin before it ends.
 * @param {Ring[]} rings
 */
function anyCross(rings) {
  const edges = rings.flatMap(edgesOf).sort((a, b) => a.ax - b.ax);
  for (let n = 0; n < edges.length; n++) {
    const one = edges[n];
    for (let m = n + 1; m < edges.length && edges[m].ax <= one.bx; m++) if (clash(one, edges[m])) return true;
  }
  return false;
}

/**
 * @param {Ring} ring
 * @param {number} number
 * @returns {Edge[]}
 */
function edgesOf(ring, number) {
  const n = ring.length / 2;
  return Array.from({ length: n }, (_, index) => {
    const [i, j] = [2 * index, (2 * index + 2) % ring.length];
    const [ax, ay, bx, by] = ring[i] <= ring[j] ? [i, i + 1, j, j + 1] : [j, j + 1, i, i + 1];
    return { ax: ring[ax], ay: ring[ay], bx: ring[bx], by: ring[by], ring: number, index, n };
  });
}

/**
 * Whether two edges share what they may not: neighbours only their vertex, others of a ring nothing, those of two rings
 * a point at which they do not cross.
 * @param {Edge} one
 * @param {Edge} other
 */
function clash(one, other) {
  if (Math.max(one.ay, one.by) < Math.min(other.ay, other.by)) return false;
  if (Math.max(other.ay, other.by) < Math.min(one.ay, one.by)) return false;
  const sides = [side(one, other.ax, other.ay), side(one, other.bx, other.by)];
  const others = [side(other, one.ax, one.ay), side(other, one.bx, one.by)];
  const [a, b] = [sides[0] * sides[1], others[0] * others[1]];
  if (one.ring !== other.ring) return a < 0 && b < 0;
  const apart = Math.abs(one.index - other.index);
  const isNeighbour = apart === 1 || apart === one.n - 1;
  if (isNeighbour) return sides[0] === 0 && sides[1] === 0 && shared(one, other) > 0;
  if (sides[0] === 0 && sides[1] === 0) return shared(one, other) >= 0;
  return a <= 0 && b <= 0;
}

/**
 * On which side of an edge a point lies.
 * @param {Edge} edge
 * @param {number} x
 * @param {number} y
 */
function side({ ax, ay, bx, by }, x, y) {
  return Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
}

/**
 * How long the stretch is that two edges of one line share; 0 for a point, less than that for none.
 * @param {Edge} one
 * @param {Edge} other
 */
function shared(one, other) {
  const isSteep = one.ax === one.bx;
  const [a, b] = isSteep ? sorted(one.ay, one.by) : [one.ax, one.bx];
  const [c, d] = isSteep ? sorted(other.ay, other.by) : [other.ax, other.bx];
  return Math.min(b, d) - Math.max(a, c);
}

/**
 * @param {number} a
 * @param {number} b
 */
function sorted(a, b) {
  return a < b ? [a, b] : [b, a];
}

/**
 * Whether a hole begins on the outline.
 * @param {Ring} outline
 * @param {Ring} hole
 */
function isOn(outline, hole) {
  return edgesOf(outline, 0).some((edge) => {
    const isBetween = hole[0] >= edge.ax && hole[0] <= edge.bx;
    const [low, high] = sorted(edge.ay, edge.by);
    return isBetween && hole[1] >= low && hole[1] <= high && side(edge, hole[0], hole[1]) === 0;
  });
}
