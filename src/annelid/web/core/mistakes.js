// The mistakes of a model on one image: which are shown, which comes next.

/**
 * @typedef {Object} Mistake
 * @property {string} kind
 * @property {string} id of the object that shows it
 * @property {boolean} is_predicted whether that is a prediction; else it is a true object
 * @property {[number, number, number, number]} box_xyxy
 * @property {string} text
 */

/** @type {Record<string, string>} Colours told apart by the colour-blind. */
export const COLORS = {
  extra: "#ff6a4d",
  missed: "#ffc53d",
  merged: "#c39bff",
  split: "#ff8fc0",
  class: "#b9e34b",
  loose: "#7ff0d8",
};

/**
 * The mistakes that are looked through.
 * @param {Mistake[]} mistakes
 * @param {Set<string>} hidden kinds
 */
export function shown(mistakes, hidden) {
  return mistakes.filter(({ kind }) => !hidden.has(kind));
}

/**
 * The next mistake, or the one before, round and round.
 * @param {Mistake[]} mistakes that are shown
 * @param {Mistake | null} current
 * @param {number} step 1 or -1
 * @returns {Mistake | null}
 */
export function nextOf(mistakes, current, step) {
  if (!mistakes.length) return null;
  const at = current ? mistakes.findIndex(({ id, kind }) => id === current.id && kind === current.kind) : -1;
  const first = step > 0 ? 0 : mistakes.length - 1;
  return mistakes[at < 0 ? first : (at + step + mistakes.length) % mistakes.length] ?? null;
}

/**
 * How many there are of each kind, the most frequent first.
 * @param {Mistake[]} mistakes
 * @returns {[string, number][]}
 */
export function countsOf(mistakes) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { kind } of mistakes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
