// Rings of boxes and ellipses, exactly as `annelid.geometry` makes them; params are those of an `ImageObject`.

/** @typedef {import("../types.js").Ring} Ring */

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
  return [-ax - bx, -ay - by, ax - bx, ay - by, ax + bx, ay + by, bx - ax, by - ay].map(
    (v, n) => v + (n % 2 ? cy : cx),
  );
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
