// The histogram of a channel with its range: the two lines are dragged, or moved by the arrow keys.

import { h } from "../dom.js";
import { axisOf, columns, rounded } from "../core/histogram.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../core/channels.js").ChannelFacts} ChannelFacts */
/** @typedef {"low" | "high"} End */

const HEIGHT = 48;
const FINE = 0.005;
const COARSE = 0.05;

/**
 * @param {ChannelFacts} facts
 * @param {boolean} isWhole whether pixels are whole numbers
 * @param {(range: {low: number, high: number}) => void} change
 */
export function rangePicture(facts, isWhole, change) {
  const canvas = h("canvas", { class: "range-picture", height: String(HEIGHT), "aria-hidden": "true" });
  const low = handle(facts, "low");
  const high = handle(facts, "high");
  const element = h("div", { class: "range" }, canvas, low, high);
  /** @type {Channel} */
  let shown;
  const axis = () => axisOf(facts, shown.low, shown.high);
  const set = (/** @type {End} */ end, /** @type {number} */ value) => {
    const next = { low: shown.low, high: shown.high, [end]: rounded(value, axis(), isWhole) };
    if (next.high > next.low) change(next);
  };
  listen(low, "low", element, () => shown, axis, set);
  listen(high, "high", element, () => shown, axis, set);
  const update = (/** @type {Channel} */ channel) => {
    shown = channel;
    place(low, channel.low, axis());
    place(high, channel.high, axis());
    draw(canvas, facts, channel, axis());
  };
  return { element, update };
}

/**
 * @param {ChannelFacts} facts
 * @param {End} end
 */
function handle(facts, end) {
  const label = `${facts.name}: value that is ${end === "low" ? "black" : "in full colour"}`;
  return h("div", { class: "range-handle", role: "slider", tabindex: "0", "aria-label": label, "data-end": end });
}

/**
 * @param {HTMLElement} element
 * @param {End} end
 * @param {HTMLElement} host
 * @param {() => Channel} channel
 * @param {() => [number, number]} axis
 * @param {(end: End, value: number) => void} set
 */
function listen(element, end, host, channel, axis, set) {
  element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  element.addEventListener("pointermove", (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    const box = host.getBoundingClientRect();
    const [start, stop] = axis();
    const part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    set(end, start + part * (stop - start));
  });
  element.addEventListener("keydown", (event) => {
    const sign = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    event.stopPropagation();
    const [start, stop] = axis();
    const step = Math.max((stop - start) * (event.shiftKey ? COARSE : FINE), Number.EPSILON);
    set(end, channel()[end] + sign * step);
  });
}

/**
 * @param {HTMLElement} element
 * @param {number} value
 * @param {[number, number]} axis
 */
function place(element, value, [start, end]) {
  element.style.left = `${((value - start) / (end - start)) * 100}%`;
  element.setAttribute("aria-valuenow", String(value));
  element.setAttribute("aria-valuemin", String(start));
  element.setAttribute("aria-valuemax", String(end));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ChannelFacts} facts
 * @param {Channel} channel
 * @param {[number, number]} axis
 */
function draw(canvas, facts, channel, axis) {
  const width = Math.max(64, Math.round(canvas.clientWidth || 220));
  if (canvas.width !== width) canvas.width = width;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, width, HEIGHT);
  context.fillStyle = channel.color === "#ffffff" ? getComputedStyle(canvas).color : channel.color;
  context.globalAlpha = 0.75;
  columns(facts, axis, width).forEach((part, x) => context.fillRect(x, HEIGHT * (1 - part), 1, HEIGHT * part));
  context.globalAlpha = 1;
  curve(context, channel, axis, width);
}

/**
 * How bright each value is.
 * @param {CanvasRenderingContext2D} context
 * @param {Channel} channel
 * @param {[number, number]} axis
 * @param {number} width
 */
function curve(context, { low, high, gamma }, [start, end], width) {
  context.beginPath();
  for (let x = 0; x <= width; x += 2) {
    const part = (start + (x / width) * (end - start) - low) / (high - low);
    context.lineTo(x, HEIGHT - 1 - (HEIGHT - 2) * Math.max(0, Math.min(1, part)) ** gamma);
  }
  context.strokeStyle = getComputedStyle(context.canvas).color;
  context.lineWidth = 1.2;
  context.stroke();
}
