/** @typedef {import("./raster.js").Bitmap} Bitmap */

/**
 * The pixels of a bitmap as runs: half-open columns `starts[r]..ends[r]`, those of row y being `rows[y]..rows[y + 1]`.
 * `component` is the number of each run's 4-connected component, 0..count - 1 in reading order.
 * @typedef {Object} Runs
 * @property {number[]} starts
 * @property {number[]} ends
 * @property {Int32Array} rows
 * @property {Int32Array} component
 * @property {number} count
 */

/**
 * Find the runs and 4-connected components of a bitmap.
 * @param {Bitmap} bitmap
 * @returns {Runs}
 */
export function componentsOf(bitmap) {
  const { starts, ends, rows } = runsOf(bitmap);
  const parent = Int32Array.from(starts, (_, run) => run);
  for (let y = 1; y < bitmap.h; y++) joinRows(starts, ends, parent, rows[y - 1], rows[y], rows[y + 1]);
  const component = new Int32Array(starts.length);
  let count = 0;
  for (let run = 0; run < starts.length; run++) {
    const root = rootOf(parent, run); // the first run of the component: it was numbered before
    component[run] = root === run ? count++ : component[root];
  }
  return { starts, ends, rows, component, count };
}

/**
 * The component of a pixel that belongs to the object.
 * @param {Runs} runs
 * @param {number} x
 * @param {number} y
 */
export function componentAt({ starts, rows, component }, x, y) {
  let [low, high] = [rows[y], rows[y + 1]];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= x) low = middle;
    else high = middle;
  }
  return component[low];
}

/** @param {Bitmap} bitmap */
function runsOf({ w, h, data }) {
  /** @type {number[]} */
  const starts = [];
  /** @type {number[]} */
  const ends = [];
  const rows = new Int32Array(h + 1);
  for (let y = 0; y < h; y++) {
    const row = data.subarray(y * w, (y + 1) * w);
    for (let x = row.indexOf(1); x >= 0; x = row.indexOf(1, x)) {
      starts.push(x);
      const end = row.indexOf(0, x);
      ends.push(end < 0 ? w : end);
      if (end < 0) break;
      x = end;
    }
    rows[y + 1] = starts.length;
  }
  return { starts, ends, rows };
}

/**
 * Unite the runs of two rows that share a column.
 * @param {number[]} starts
 * @param {number[]} ends
 * @param {Int32Array} parent
 * @param {number} above first run of the upper row
 * @param {number} from first run of the lower row
 * @param {number} to behind its last one
 */
function joinRows(starts, ends, parent, above, from, to) {
  let [a, b] = [above, from];
  while (a < from && b < to) {
    if (starts[a] < ends[b] && starts[b] < ends[a]) unite(parent, a, b);
    if (ends[a] < ends[b]) a++;
    else b++;
  }
}

/**
 * @param {Int32Array} parent
 * @param {number} a
 * @param {number} b
 */
function unite(parent, a, b) {
  const [rootA, rootB] = [rootOf(parent, a), rootOf(parent, b)];
  parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

/**
 * @param {Int32Array} parent
 * @param {number} run
 */
function rootOf(parent, run) {
  while (parent[run] !== run) run = parent[run] = parent[parent[run]];
  return run;
}
