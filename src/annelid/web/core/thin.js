/** @typedef {import("../types.js").Ring} Ring */

/** A run of this many vertices keeps its ends at every scale, so that a huge outline costs no more than its length. */
const LONGEST_RUN = 512;

/**
 * For each vertex of a ring the greatest tolerance at which it is still needed, in the ring's own unit.
 *
 * Those that are greater than t are the outline after Douglas and Peucker at the tolerance t: no vertex left out lies
 * farther than t from it. So one pass serves every scale.
 * @param {Ring} ring
 * @returns {Float32Array} one number a vertex; Infinity for those that always stay
 */
export function importance(ring) {
  const n = ring.length / 2;
  const needed = new Float32Array(n);
  const anchors = anchorsOf(ring);
  anchors.forEach((from, k) => {
    needed[from] = Infinity;
    measureRun(ring, needed, from, anchors[k + 1] ?? n);
  });
  return needed;
}

/**
 * Vertices that always stay: the first, the one farthest from it, and the ends of long runs.
 * @param {Ring} ring
 */
function anchorsOf(ring) {
  const n = ring.length / 2;
  let [farthest, most] = [0, -1];
  for (let i = 0; i < n; i++) {
    const distance = (ring[2 * i] - ring[0]) ** 2 + (ring[2 * i + 1] - ring[1]) ** 2;
    if (distance > most) [farthest, most] = [i, distance];
  }
  const anchors = new Set([0, farthest]);
  for (let i = LONGEST_RUN; i < n; i += LONGEST_RUN) anchors.add(i);
  return n ? [...anchors].sort((a, b) => a - b) : [];
}

/**
 * Split a run at its farthest vertex, then its halves.
 * @param {Ring} ring
 * @param {Float32Array} needed
 * @param {number} first
 * @param {number} last may be the number of vertices: the first one again
 */
function measureRun(ring, needed, first, last) {
  const runs = [first, last, Infinity];
  while (runs.length) {
    const limit = /** @type {number} */ (runs.pop());
    const to = /** @type {number} */ (runs.pop());
    const from = /** @type {number} */ (runs.pop());
    const [middle, square] = farthestFrom(ring, from, to);
    if (middle < 0) continue;
    needed[middle] = Math.min(limit, Math.sqrt(square));
    runs.push(from, middle, needed[middle], middle, to, needed[middle]);
  }
}

/**
 * The vertex between two others that is farthest from their segment, and the square of its distance; -1 where there is
 * none off it.
 * @param {Ring} ring
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
function farthestFrom(ring, from, to) {
  const end = (2 * to) % ring.length;
  const [ax, ay] = [ring[2 * from], ring[2 * from + 1]];
  const [dx, dy] = [ring[end] - ax, ring[end + 1] - ay];
  const square = dx * dx + dy * dy || 1;
  let [best, most] = [-1, 0];
  for (let i = from + 1; i < to; i++) {
    const [px, py] = [ring[2 * i] - ax, ring[2 * i + 1] - ay];
    const t = Math.min(Math.max((px * dx + py * dy) / square, 0), 1);
    const distance = (px - t * dx) ** 2 + (py - t * dy) ** 2;
    if (distance > most) [best, most] = [i, distance];
  }
  return [best, most];
}
