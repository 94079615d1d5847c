import { shapeCentre } from "./geometry.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */

/** Objects whose centres lie within one of this many lines over the picture are in one line. */
const LINES = 24;

/**
 * Ids of objects line by line, from left to right.
 * @param {ImageObject[]} objects
 * @returns {string[]}
 */
export function inReadingOrder(objects) {
  const placed = objects.map(({ id, shape }) => ({ id, at: shapeCentre(shape) ?? [0, 0] }));
  const tops = placed.map(({ at }) => at[1]);
  const [top, bottom] = [
    tops.reduce((a, b) => Math.min(a, b), Infinity),
    tops.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const height = Math.max((bottom - top) / LINES, 1e-9);
  const line = (/** @type {number} */ y) => Math.floor((y - top) / height);
  return placed.sort((a, b) => line(a.at[1]) - line(b.at[1]) || a.at[0] - b.at[0]).map(({ id }) => id);
}
