/**
 * How pictures are made of images, as `annelid.yaml` has it.
 * @typedef {Object} Preprocessing
 * @property {(string | number)[]} channels up to three; [] chooses
 * @property {"auto" | "percentile" | "minmax" | "none" | "absolute"} range
 * @property {number} low percentile that becomes black
 * @property {number} high percentile that becomes white
 * @property {[number, number][]} values for `absolute`: black and white, in the image's units
 * @property {boolean} clip
 * @property {"none" | "clahe" | "histogram"} equalize
 * @property {number} clahe_cells cells along the longer side
 * @property {number} clahe_clip largest share of a cell's pixels that one grey value may count for
 */

/** @type {Readonly<Preprocessing>} */
export const PLAIN = {
  channels: [],
  range: "auto",
  low: 1,
  high: 99.8,
  values: [],
  clip: true,
  equalize: "none",
  clahe_cells: 8,
  clahe_clip: 0.01,
};

/**
 * The same with other parts, and nothing left over that the server would refuse: values belong to `absolute` only.
 * @param {Preprocessing} now
 * @param {Partial<Preprocessing>} part
 * @param {[number, number][]} [shown] the range of each channel that is shown, for `absolute` to begin with
 * @returns {Preprocessing}
 */
export function changed(now, part, shown = []) {
  const next = { ...now, ...part };
  if (next.range !== "absolute") return { ...next, values: [] };
  const values = next.values.length ? next.values : shown.map(rounded);
  const fits = part.channels && shown.length && values.length !== 1;
  return { ...next, values: fits ? values.slice(0, Math.max(1, part.channels?.length || values.length)) : values };
}

/**
 * A range with few digits, which is not empty.
 * @param {[number, number]} range
 * @returns {[number, number]}
 */
function rounded([low, high]) {
  const [black, white] = [Number(low.toPrecision(4)), Number(high.toPrecision(4))];
  return [black, white > black ? white : black + 1];
}

/**
 * What is wrong with it, in words; "" where nothing is.
 * @param {Preprocessing} preprocessing
 */
export function problem({ range, low, high, values, clahe_cells, clahe_clip }) {
  if (!(low >= 0 && low < high && high <= 100))
    return "Black has to be a smaller percentile than white, both from 0 to 100.";
  if (range === "absolute" && !values.every(([black, white]) => black < white))
    return "Black has to be a smaller value than white.";
  if (!(Number.isInteger(clahe_cells) && clahe_cells >= 1 && clahe_cells <= 64)) return "CLAHE takes 1 to 64 cells.";
  if (!(clahe_clip >= 1 / 256 && clahe_clip <= 1)) return "The clip limit lies between 0.004 and 1.";
  return "";
}

/**
 * Whether both make the same pictures.
 * @param {Preprocessing} a
 * @param {Preprocessing} b
 */
export function equal(a, b) {
  return (
    JSON.stringify(Object.entries({ ...PLAIN, ...a }).sort()) ===
    JSON.stringify(Object.entries({ ...PLAIN, ...b }).sort())
  );
}

/**
 * What it does, in a sentence.
 * @param {Preprocessing} preprocessing
 */
export function inWords({ channels, range, low, high, values, equalize, clahe_cells, clahe_clip }) {
  const black = {
    auto: `8-bit images as they are, others from percentile ${low} to ${high}`,
    percentile: `from percentile ${low} (black) to ${high} (white)`,
    minmax: "from the darkest to the brightest value",
    none: "values as they are, 0 to 255",
    absolute: `from ${values.map(([from, to]) => `${from} to ${to}`).join(" and ")}`,
  }[range];
  const even = {
    none: "",
    clahe: `, then CLAHE (${clahe_cells} cells, clip limit ${clahe_clip})`,
    histogram: ", then histogram equalisation",
  }[equalize];
  return `${channels.length ? `channels ${channels.join(", ")}; ` : ""}${black}${even}`;
}

/**
 * The tops of a histogram's bars as shares of its height, by the square root: rare bright values stay visible.
 * @param {number[]} counts
 */
export function bars(counts) {
  const most = Math.max(1, ...counts);
  return counts.map((count) => Math.sqrt(count / most));
}

/**
 * A channel as people say it, also where the file has no name for it.
 * @param {string} name
 */
export function channelName(name) {
  return /^\d+$/.test(name) ? `channel ${name}` : name;
}

/**
 * A window of an image of a given size around a point, moved so that it lies inside.
 * @param {[number, number]} centre
 * @param {[number, number]} side width and height that are wanted
 * @param {[number, number]} size width and height of the image
 * @returns {[number, number, number, number]}
 */
export function windowAt(centre, side, size) {
  const [w = 1, h = 1] = side.map((wanted, axis) => Math.max(1, Math.min(Math.round(wanted), size[axis] ?? 1)));
  const start = (/** @type {0 | 1} */ axis, /** @type {number} */ length) =>
    Math.max(0, Math.min(Math.round(centre[axis] - length / 2), size[axis] - length));
  const [x, y] = [start(0, w), start(1, h)];
  return [x, y, x + w, y + h];
}
