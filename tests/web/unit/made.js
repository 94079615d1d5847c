// Small things that several tests make.

/**
 * Whole numbers below a limit, the same ones in every run (a linear congruential generator).
 * @param {number} seed
 * @returns {(limit: number) => number}
 */
export function random(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * A bitmap drawn with `#`.
 * @param {string[]} rows
 * @param {number} [x]
 * @param {number} [y]
 */
export function bitmapOf(rows, x = 0, y = 0) {
  const data = Uint8Array.from(rows.join(""), (sign) => Number(sign === "#"));
  return { x, y, w: rows[0].length, h: rows.length, data };
}

/**
 * A square of class `cell` that a person drew.
 * @param {string} id
 * @param {number} [x]
 * @param {Partial<import("../../../src/annelid/web/types.js").ImageObject>} [more]
 * @returns {import("../../../src/annelid/web/types.js").ImageObject}
 */
export function square(id, x = 0, more = {}) {
  const shape = [[[x, 0, x + 10, 0, x + 10, 10, x, 10]]];
  const plain = {
    kind: /** @type {const} */ ("polygon"),
    params: null,
    score: null,
    origin: "",
    parent: "",
    ignore: false,
  };
  return { id, label: "cell", author: "human:ann", extra: {}, shape, ...plain, ...more };
}

/**
 * @param {Partial<import("../../../src/annelid/web/types.js").Annotation>} [more]
 * @returns {import("../../../src/annelid/web/types.js").Annotation}
 */
export function annotation(more = {}) {
  return { view: "v1", revision: 0, state: "draft", covered: [], objects: [], ...more };
}
