/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("./geometry.js").Box} Box */

/**
 * Where a line goes: a path, or whatever takes its points.
 * @typedef {{moveTo: (x: number, y: number) => void, lineTo: (x: number, y: number) => void, closePath: () => void}} Pen
 */

/**
 * Trace a ring so that it looks as it is within a box; outside, what runs along one side of the box is cut short.
 * @param {Pen} pen
 * @param {Ring} ring image pixels
 * @param {(index: number) => boolean} isNeeded which vertices are traced; the first one always is
 * @param {{scale: number, x: number, y: number}} place where the image lies
 * @param {Box} box pixels of the screen
 */
export function traceNear(pen, ring, isNeeded, { scale, x, y }, box) {
  let [px, py] = [ring[0] * scale + x, ring[1] * scale + y];
  let shared = sidesOf(px, py, box);
  let isWaiting = false;
  pen.moveTo(px, py);
  for (let i = 1; i < ring.length / 2; i++) {
    if (!isNeeded(i)) continue;
    const [qx, qy] = [ring[2 * i] * scale + x, ring[2 * i + 1] * scale + y];
    const sides = sidesOf(qx, qy, box);
    if (isWaiting && !(shared & sides)) {
      pen.lineTo(px, py);
      shared = sidesOf(px, py, box);
    }
    isWaiting = (shared & sides) !== 0;
    shared = isWaiting ? shared & sides : sides;
    if (!isWaiting) pen.lineTo(qx, qy);
    [px, py] = [qx, qy];
  }
  if (isWaiting) pen.lineTo(px, py);
  pen.closePath();
}

/**
 * On which sides of a box a point lies, one bit each; 0 within.
 * @param {number} x
 * @param {number} y
 * @param {Box} box
 */
function sidesOf(x, y, [left, top, right, bottom]) {
  return (x < left ? 1 : x > right ? 2 : 0) | (y < top ? 4 : y > bottom ? 8 : 0);
}
