import { number } from "./words.js";

// Where the lines of a chart's axis are.

/**
 * Round values that cover a range: about as many as wished, never more than twice that.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

/**
 * Powers of ten that a range holds, with 2 and 5 between them where that gives too few.
 * @param {number} low above 0
 * @param {number} high
 */
export function logTicks(low, high) {
  const powers = Array.from({ length: 40 }, (_, n) => 10 ** (n - 20));
  const within = (/** @type {number[]} */ values) =>
    values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const tens = within(powers);
  const found = tens.length >= 3 ? tens : within(powers.flatMap((power) => [power, 2 * power, 5 * power]));
  return found.map((value) => Number(value.toPrecision(6)));
}

/**
 * A value of a curve for people.
 * @param {number} value
 */
export function figure(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return number(Math.round(value));
  return size >= 100
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 0.01 || !size
        ? value.toFixed(3)
        : value.toExponential(1);
}
