// Fingers on a screen.

/** @typedef {{sx: number, sy: number}} Point CSS pixels */

/**
 * @param {Point} a
 * @param {Point} b
 */
export function distance(a, b) {
  return Math.hypot(a.sx - b.sx, a.sy - b.sy);
}

/**
 * The middle of two fingers and how far they are apart.
 * @param {Map<number, Point>} fingers
 */
export function span(fingers) {
  const [a, b] = [...fingers.values()];
  return b ? { sx: (a.sx + b.sx) / 2, sy: (a.sy + b.sy) / 2, length: Math.max(1, distance(a, b)) } : null;
}
