// A round length for a scale bar.

const ROUND = [1, 2, 5];

/**
 * The longest of 1, 2, 5, 10, 20 ... units that fits.
 * @param {number} unitsPerPixel how long a CSS pixel is
 * @param {number} most CSS pixels
 * @returns {{length: number, pixels: number}} in units; in CSS pixels
 */
export function roundLength(unitsPerPixel, most) {
  const longest = unitsPerPixel * most;
  const power = 10 ** Math.floor(Math.log10(longest));
  const factor = ROUND.filter((one) => one * power <= longest * (1 + 1e-9)).at(-1) ?? 1;
  const length = Number((factor * power).toPrecision(3));
  return { length, pixels: length / unitsPerPixel };
}

/**
 * A length in words, with the unit that suits it.
 * @param {number} um micrometres
 */
export function lengthText(um) {
  if (um >= 1000) return `${plain(um / 1000)} mm`;
  return um < 1 ? `${plain(um * 1000)} nm` : `${plain(um)} µm`;
}

/** @param {number} value */
function plain(value) {
  return String(Number(value.toPrecision(3)));
}
