/**
 * What a person pointed at: clicks in their order, perhaps with a box. A value: changed means replaced.
 * @typedef {Object} Prompt
 * @property {[number, number, 0 | 1][]} points x, y in image pixels, and whether the object is there
 * @property {[number, number, number, number] | null} box x1, y1, x2, y2
 * @property {("point" | "box")[]} steps what was done, so that it can be taken back
 */

/** @type {Readonly<Prompt>} */
export const NOTHING = Object.freeze({ points: [], box: null, steps: [] });

/**
 * @param {Prompt} prompt
 * @param {number} x
 * @param {number} y
 * @param {boolean} isInside
 * @returns {Prompt}
 */
export function withPoint(prompt, x, y, isInside) {
  return { ...prompt, points: [...prompt.points, [x, y, isInside ? 1 : 0]], steps: [...prompt.steps, "point"] };
}

/**
 * A box begins anew: clicks before it meant something else.
 * @param {[number, number, number, number]} box
 * @returns {Prompt}
 */
export function withBox(box) {
  return { points: [], box, steps: ["box"] };
}

/**
 * Without what was done last.
 * @param {Prompt} prompt
 * @returns {Prompt}
 */
export function takenBack(prompt) {
  const steps = prompt.steps.slice(0, -1);
  if (prompt.steps.at(-1) === "box") return { ...prompt, box: null, steps };
  return { ...prompt, points: prompt.points.slice(0, -1), steps };
}

/**
 * Whether there is something to go by.
 * @param {Prompt} prompt
 */
export function isEnough({ points, box }) {
  return box !== null || points.some(([, , inside]) => inside === 1);
}

/**
 * What the objects so far tell about the next: the radius of circles of their area.
 * @param {number[]} areas in square pixels
 * @returns {{radius: number, spread: number} | null} null for fewer than three
 */
export function hintsOf(areas) {
  const radii = areas.filter((area) => area > 0).map((area) => Math.log(Math.sqrt(area / Math.PI)));
  if (radii.length < 3) return null;
  radii.sort((a, b) => a - b);
  const mean = radii.reduce((sum, one) => sum + one, 0) / radii.length;
  const spread = Math.sqrt(radii.reduce((sum, one) => sum + (one - mean) ** 2, 0) / radii.length);
  const middle = radii.length >> 1;
  const median = radii.length % 2 ? radii[middle] : (radii[middle - 1] + radii[middle]) / 2;
  return { radius: Math.exp(median), spread: Math.min(Math.max(spread, 0.2), 0.8) };
}
