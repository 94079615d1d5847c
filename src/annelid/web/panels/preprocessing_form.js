import { changed, channelName } from "../core/preprocessing.js";
import { fill, h } from "../dom.js";
import { field } from "./field.js";

/** @typedef {import("../core/preprocessing.js").Preprocessing} Preprocessing */
/** @typedef {import("../signal.js").Signal<Preprocessing>} Chosen */

const RANGES = [
  ["auto", "auto: 8-bit images as they are, others by percentiles"],
  ["percentile", "percentiles of each image"],
  ["minmax", "darkest to brightest value of each image"],
  ["absolute", "fixed values, the same for every image"],
  ["none", "as they are (0 to 255)"],
];
const EQUALIZE = [
  ["none", "none"],
  ["clahe", "CLAHE: local contrast, limited"],
  ["histogram", "histogram of the whole image"],
];

/**
 * What can be set about the preprocessing.
 * @param {Chosen} chosen
 */
export function preprocessingForm(chosen) {
  /** @type {[number, number][]} */
  let shown = [];
  const set = (/** @type {Partial<Preprocessing>} */ part) => (chosen.value = changed(chosen.value, part, shown));
  const range = select("range", RANGES, (value) => set({ range: /** @type {any} */ (value) }));
  const low = numeric("low", { min: 0, max: 100, step: 0.1 }, (value) => set({ low: value }));
  const high = numeric("high", { min: 0, max: 100, step: 0.1 }, (value) => set({ high: value }));
  const equalize = select("equalize", EQUALIZE, (value) => set({ equalize: /** @type {any} */ (value) }));
  const cells = slider("clahe_cells", "Cells along the longer side", { min: 1, max: 32, step: 1 }, (value) =>
    set({ clahe_cells: value }),
  );
  const clip = slider("clahe_clip", "Clip limit", { min: 0, max: 1, step: 0.005 }, (value) =>
    set({ clahe_clip: clipOf(value) }),
  );
  const percentiles = h(
    "div",
    { class: "pair" },
    field("Black at percentile", low),
    field("White at percentile", high),
  );
  const values = h("div", { class: "fixed-values" });
  const clahe = h(
    "div",
    { class: "clahe" },
    cells.element,
    clip.element,
    h(
      "p",
      { class: "hint dim" },
      "More cells: finer structures. Lower limit: less noise is brought up; 0.01 is usual.",
    ),
  );
  const channels = h("fieldset", { class: "channels-choice" });
  const element = h(
    "form",
    { class: "panel preprocessing-form", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    h("h3", {}, "How images become pictures"),
    channels,
    field("Range: what is black and what is white", range),
    percentiles,
    values,
    field("Equalise", equalize),
    clahe,
  );
  const sync = (/** @type {Preprocessing} */ now) => {
    [range.value, equalize.value] = [now.range, now.equalize];
    for (const [input, value] of /** @type {const} */ ([
      [low, now.low],
      [high, now.high],
    ]))
      if (document.activeElement !== input) input.valueAsNumber = value;
    cells.show(now.clahe_cells, String(now.clahe_cells));
    clip.show(sliderOf(now.clahe_clip), String(now.clahe_clip));
    percentiles.hidden = !["auto", "percentile"].includes(now.range);
    values.hidden = now.range !== "absolute";
    clahe.hidden = now.equalize !== "clahe";
    if (!values.contains(document.activeElement)) fill(values, pairs(now, set));
  };
  sync(chosen.value);
  const stop = chosen.subscribe(sync);
  return {
    element,
    close: stop,
    offer: (/** @type {string[]} */ names, /** @type {[number, number][]} */ ranges) => {
      shown = ranges;
      offerChannels(channels, names, chosen, set);
    },
  };
}

/**
 * The clip limit is felt by its ratio: the slider is its logarithm between 1/256 and 1.
 * @param {number} slider 0..1
 */
export function clipOf(slider) {
  const exact = 2 ** (8 * slider - 8);
  return Math.min(1, Math.max(0.004, Number(exact.toPrecision(2))));
}

/** @param {number} clip */
export function sliderOf(clip) {
  return (Math.log2(clip) + 8) / 8;
}

/**
 * @param {HTMLElement} place
 * @param {string[]} names
 * @param {Chosen} chosen
 * @param {(part: Partial<Preprocessing>) => void} set
 */
function offerChannels(place, names, chosen, set) {
  place.hidden = names.length < 2;
  if (place.dataset.names === names.join()) return;
  place.dataset.names = names.join();
  const boxes = names.map((name, index) => {
    const isOn = chosen.value.channels.includes(name) || chosen.value.channels.includes(index);
    return h("input", { type: "checkbox", name: "channel", value: name, checked: isOn, onchange: () => take() });
  });
  const take = () => {
    const on = boxes.filter((box) => box.checked);
    set({ channels: on.map((box) => box.value) });
    for (const box of boxes) box.disabled = on.length >= 3 && !box.checked;
  };
  const lines = boxes.map((box, index) => h("label", { class: "check" }, box, channelName(names[index] ?? "")));
  const hint = "One is shown as grey, up to three as red, green, blue. None ticked: the first three.";
  fill(place, h("legend", {}, "Channels"), ...lines, h("p", { class: "hint dim" }, hint));
}

/**
 * Black and white of each channel by hand.
 * @param {Preprocessing} now
 * @param {(part: Partial<Preprocessing>) => void} set
 */
function pairs(now, set) {
  return now.values.map((pair, index) => {
    const edit = (/** @type {0 | 1} */ end) => (/** @type {number} */ value) => {
      const edited = now.values.map(
        (old, i) => /** @type {[number, number]} */ (i === index ? (end ? [old[0], value] : [value, old[1]]) : old),
      );
      now = { ...now, values: edited };
      set({ values: edited });
    };
    const black = numeric(`black-${index}`, { step: "any" }, edit(0));
    const white = numeric(`white-${index}`, { step: "any" }, edit(1));
    [black.valueAsNumber, white.valueAsNumber] = pair;
    return h(
      "div",
      { class: "pair" },
      field(now.values.length > 1 ? `Black, channel ${index + 1}` : "Black", black),
      field("White", white),
    );
  });
}

/**
 * @param {string} name
 * @param {string[][]} options
 * @param {(value: string) => void} chose
 */
function select(name, options, chose) {
  const element = h(
    "select",
    { id: name, name },
    options.map(([value, words]) => h("option", { value }, words)),
  );
  element.addEventListener("change", () => chose(element.value));
  return element;
}

/**
 * @param {string} name
 * @param {Record<string, unknown>} limits
 * @param {(value: number) => void} chose
 */
function numeric(name, limits, chose) {
  const element = h("input", { id: name, name, type: "number", ...limits });
  element.addEventListener("input", () => Number.isFinite(element.valueAsNumber) && chose(element.valueAsNumber));
  return element;
}

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, number>} limits
 * @param {(value: number) => void} chose
 */
function slider(name, label, limits, chose) {
  const input = h("input", { id: name, name, type: "range", ...limits });
  const said = h("output", { for: name });
  input.addEventListener("input", () => chose(input.valueAsNumber));
  const element = field([`${label}: `, said], input);
  const show = (/** @type {number} */ value, /** @type {string} */ words) => {
    input.valueAsNumber = value;
    input.setAttribute("aria-valuetext", words);
    fill(said, words);
  };
  return { element, show };
}
