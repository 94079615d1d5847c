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
