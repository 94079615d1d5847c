// The controls of one channel, or of the three of a colour picture.

import { h } from "../dom.js";
import { percentileRange } from "../core/channels.js";
import { rangePicture } from "./range_picture.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../core/channels.js").ChannelFacts} ChannelFacts */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */
/** @typedef {{low: number, high: number}} Range */
/**
 * @typedef {Object} Doing
 * @property {(values: Partial<Channel>) => void} change
 * @property {(range: Range, isByHand?: boolean) => void} setRange
 * @property {() => void} reset
 */

const OPEN_UP_TO = 2;
/** @type {[string, number, number][]} */
const SHARES = [
  ["1 – 99.8 %", 0.01, 0.998],
  ["0.1 – 99.9 %", 0.001, 0.999],
  ["5 – 95 %", 0.05, 0.95],
  ["Least – greatest", 0, 1],
];

/**
 * @param {PixelFacts} facts
 * @param {number[]} numbers of the channels that it sets
 * @param {Doing} doing
 */
export function channelBlock(facts, numbers, doing) {
  const [number] = numbers;
  const known = facts.is_rgb ? joined(facts.channels) : facts.channels[number];
  const isWhole = facts.dtype !== "float32";
  const picture = rangePicture(known, isWhole, (range) => doing.setRange(range));
  const head = header(facts, known, doing);
  const values = valueFields(known, doing);
  const buttons = h("div", { class: "toolbar" }, shares(facts, known, doing), resetButton(known, doing));
  const isOpen = facts.is_rgb || facts.channels.length <= OPEN_UP_TO;
  const body = h("div", { class: "channel-body" }, picture.element, values.element, buttons);
  const details = h("details", { class: "channel", open: isOpen, "data-channel": known.name }, head.element, body);
  const update = (/** @type {Channel} */ channel) => {
    head.update(channel);
    values.update(channel);
    picture.update(facts.is_rgb ? { ...channel, color: "#9fabb6" } : channel);
  };
  let last = /** @type {Channel | null} */ (null);
  new ResizeObserver(() => last && update(last)).observe(picture.element); // it is as wide as the panel, once that opens
  return { element: details, number, update: (/** @type {Channel} */ channel) => update((last = channel)) };
}

/**
 * The colours of a picture as if they were one channel.
 * @param {ChannelFacts[]} channels
 * @returns {ChannelFacts}
 */
function joined(channels) {
  const [first] = channels;
  const [min, max] = [Math.min(...channels.map((one) => one.min)), Math.max(...channels.map((one) => one.max))];
  const histogram = new Array(first.histogram.length).fill(0);
  for (const one of channels) {
    one.histogram.forEach((count, bin) => {
      const value = one.min + ((bin + 0.5) / histogram.length) * (one.max - one.min);
      const place = max > min ? Math.floor(((value - min) / (max - min)) * histogram.length) : 0;
      histogram[Math.min(histogram.length - 1, place)] += count;
    });
  }
  return { ...first, name: "Colour picture", min, max, histogram };
}

/**
 * @param {PixelFacts} facts
 * @param {ChannelFacts} known
 * @param {Doing} doing
 */
function header(facts, known, doing) {
  const shown = h("input", {
    type: "checkbox",
    "aria-label": `Show ${known.name}`,
    onchange: () => doing.change({ shown: shown.checked }),
  });
  const color = h("input", {
    type: "color",
    "aria-label": `Colour of ${known.name}`,
    oninput: () => doing.change({ color: color.value }),
  });
  const name = h("span", { class: "channel-name" }, channelName(known.name, facts.channels.length));
  const summary = facts.is_rgb ? h("summary", {}, name) : h("summary", {}, shown, color, name);
  const update = (/** @type {Channel} */ channel) => {
    shown.checked = channel.shown;
    color.value = channel.color;
  };
  return { element: summary, update };
}

/**
 * A name that is only a number says what it numbers.
 * @param {string} name
 * @param {number} count
 */
function channelName(name, count) {
  if (!/^\d+$/.test(name)) return name;
  return count === 1 ? "Intensity" : `Channel ${name}`;
}

/**
 * @param {ChannelFacts} known
 * @param {Doing} doing
 */
function valueFields(known, doing) {
  const number = (/** @type {string} */ label) =>
    h("input", {
      type: "number",
      step: "any",
      "aria-label": `${known.name}: ${label}`,
      title: label,
      onchange: () => take(),
    });
  const [low, high] = [number("value that is black"), number("value that is in full colour")];
  const gamma = h("input", {
    type: "range",
    min: -1,
    max: 1,
    step: 0.02,
    "aria-label": `${known.name}: gamma`,
    title: "Gamma: to the left dim structures are lifted, to the right they sink",
    oninput: () => doing.change({ gamma: Number((5 ** Number(gamma.value)).toFixed(3)) }),
    ondblclick: () => doing.change({ gamma: 1 }),
  });
  const said = h("output", { class: "number dim" });
  const take = () => {
    const [from, to] = [Number(low.value), Number(high.value)];
    const isRange = low.value !== "" && high.value !== "" && to > from;
    for (const input of [low, high]) input.setAttribute("aria-invalid", String(!isRange));
    if (isRange) doing.setRange({ low: from, high: to });
  };
  const update = (/** @type {Channel} */ channel) => {
    low.value = shortest(channel.low);
    high.value = shortest(channel.high);
    gamma.value = String(Math.log(channel.gamma) / Math.log(5));
    said.textContent = `γ ${channel.gamma.toFixed(2)}`;
    for (const input of [low, high]) input.removeAttribute("aria-invalid");
  };
  return { element: h("div", { class: "channel-values" }, low, gamma, said, high), update };
}

/** @param {number} value */
function shortest(value) {
  return String(Number(value.toPrecision(6)));
}

/**
 * Contrast by shares of the pixels.
 * @param {PixelFacts} facts
 * @param {ChannelFacts} known
 * @param {Doing} doing
 */
function shares(facts, known, doing) {
  const options = SHARES.map(([text], n) => h("option", { value: n }, text));
  const isWhole = facts.dtype !== "float32";
  const take = () => {
    const [, lower, upper] = SHARES[Number(select.value)];
    const [low, high] = isUsual(lower) && !facts.is_rgb ? known.percentiles : percentileRange(known, lower, upper);
    const range = isWhole ? { low: Math.floor(low), high: Math.ceil(high) } : { low, high };
    doing.setRange(range.high > range.low ? range : { low, high: low + 1 }, false);
  };
  const label = `${known.name}: contrast by percentiles`;
  const select = h(
    "select",
    { "aria-label": label, title: "The darkest and brightest values that are told apart", onchange: take },
    options,
  );
  const button = h("button", { class: "button", type: "button", "data-auto": known.name, onclick: take }, "Auto");
  return [button, select];
}

/** @param {number} lower */
function isUsual(lower) {
  return lower === SHARES[0][1];
}

/**
 * @param {ChannelFacts} known
 * @param {Doing} doing
 */
function resetButton(known, doing) {
  const label = `${known.name}: as at first`;
  return h("button", { class: "button quiet", type: "button", "aria-label": label, onclick: doing.reset }, "Reset");
}
