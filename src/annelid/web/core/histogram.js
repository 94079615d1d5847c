// A histogram as a picture: how high each column is, and where values lie.

const FLATTENED = 0.35;

/** @typedef {{min: number, max: number, histogram: number[]}} Counted */

/**
 * The values that the axis spans: from the least to the greatest, or as far as the range reaches.
 * @param {Counted} facts
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
export function axisOf({ min, max }, low, high) {
  const [start, end] = [Math.min(min, low), Math.max(max, high)];
  return end > start ? [start, end] : [start, start + 1];
}

/**
 * Heights 0..1 of the columns of an axis, not even nearly proportional: a few bright pixels are seen beside the ground.
 * @param {Counted} facts
 * @param {[number, number]} axis
 * @param {number} count of the columns
 */
export function columns({ min, max, histogram }, [start, end], count) {
  const sums = new Array(count).fill(0);
  const step = (max - min) / histogram.length;
  histogram.forEach((number, bin) => {
    const first = columnOf(min + bin * step, [start, end], count);
    const last = Math.max(first, Math.ceil(columnAt(min + (bin + 1) * step, [start, end], count)) - 1);
    for (let column = first; column <= Math.min(count - 1, last); column++) sums[column] += number / (last - first + 1);
  });
  const most = Math.max(...sums);
  return sums.map((sum) => (most > 0 ? (sum / most) ** FLATTENED : 0));
}

/**
 * @param {number} value
 * @param {[number, number]} axis
 * @param {number} count
 */
function columnAt(value, [start, end], count) {
  return ((value - start) / (end - start)) * count;
}

/**
 * @param {number} value
 * @param {[number, number]} axis
 * @param {number} count
 */
function columnOf(value, axis, count) {
  return Math.max(0, Math.min(count - 1, Math.floor(columnAt(value, axis, count))));
}

/**
 * A value rounded to what its pixel type and range can tell apart.
 * @param {number} value
 * @param {[number, number]} axis
 * @param {boolean} isWhole whether pixels are whole numbers
 */
export function rounded(value, [start, end], isWhole) {
  if (isWhole) return Math.round(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(end - start)));
  return Number(value.toFixed(Math.min(12, digits)));
}
