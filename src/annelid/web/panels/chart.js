import { figure, logTicks, ticks } from "../core/ticks.js";
import { h } from "../dom.js";

/** @typedef {import("../core/course.js").Chart} Chart */

const [WIDTH, HEIGHT] = [360, 190];
const EDGE = { left: 46, right: 10, top: 10, bottom: 24 };
const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * A chart of a few curves over epochs: axes, values under the pointer, the best epoch marked.
 * @param {Chart} chart
 * @param {number[]} epochs
 * @param {{log: boolean, best: number}} options a logarithmic axis; the epoch to mark, 0 for none
 */
export function lineChart(chart, epochs, { log, best }) {
  const frame = frameOf(chart, epochs, log && chart.kind === "loss");
  const hair = svg("line", { class: "hair", y1: EDGE.top, y2: HEIGHT - EDGE.bottom, visibility: "hidden" });
  const lines = chart.lines.map(({ look, values }) =>
    svg("path", { class: `curve ${look}`, d: pathOf(values, epochs, frame) }),
  );
  const dots = epochs.length < 3 ? chart.lines.flatMap((line) => dotsOf(line, epochs, frame)) : [];
  const mark = best
    ? [svg("line", { class: "best", x1: frame.x(best), x2: frame.x(best), y1: EDGE.top, y2: HEIGHT - EDGE.bottom })]
    : [];
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": inWords(chart, epochs) });
  picture.append(...axes(frame, epochs), ...mark, ...lines, ...dots, hair);
  const legend = h("p", { class: "legend" });
  const show = (/** @type {number} */ index) => legend.replaceChildren(...legendOf(chart, epochs, index));
  show(epochs.length - 1);
  picture.addEventListener("pointermove", (event) => {
    const index = nearest(event, picture, epochs, frame);
    hair.setAttribute("x1", String(frame.x(epochs[index] ?? 0)));
    hair.setAttribute("x2", String(frame.x(epochs[index] ?? 0)));
    hair.setAttribute("visibility", "visible");
    show(index);
  });
  picture.addEventListener("pointerleave", () => {
    hair.setAttribute("visibility", "hidden");
    show(epochs.length - 1);
  });
  return h("figure", { class: "chart", "data-chart": chart.title }, h("figcaption", {}, chart.title), picture, legend);
}

/**
 * @typedef {Object} Frame
 * @property {(epoch: number) => number} x
 * @property {(value: number) => number} y
 * @property {number[]} marks values at which a line is drawn
 */

/**
 * @param {Chart} chart
 * @param {number[]} epochs
 * @param {boolean} log
 * @returns {Frame}
 */
function frameOf(chart, epochs, log) {
  const values = chart.lines
    .flatMap(({ values }) => values)
    .filter((value) => value !== null && Number.isFinite(value) && (!log || value > 0));
  const numbers = /** @type {number[]} */ (values);
  const [low, high] = limits(chart, numbers, log);
  const [first, last] = [epochs[0] ?? 0, epochs.at(-1) ?? 1];
  const scale = log ? Math.log : (/** @type {number} */ value) => value;
  const inner = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
  return {
    x: (epoch) => EDGE.left + (last > first ? ((epoch - first) / (last - first)) * inner.width : inner.width / 2),
    y: (value) => EDGE.top + inner.height * (1 - (scale(value) - scale(low)) / (scale(high) - scale(low))),
    marks: log ? logTicks(low, high) : ticks(low, high, 4),
  };
}

/**
 * @param {Chart} chart
 * @param {number[]} values
 * @param {boolean} log
 * @returns {[number, number]}
 */
function limits(chart, values, log) {
  const high = Math.max(...values, log ? 1e-6 : 0) || 1;
  if (chart.kind === "metric") return [0, high <= 0.5 ? Math.max(high * 1.1, 0.1) : 1];
  const low = Math.min(...values, high);
  if (log) return [low / 1.1, Math.max(high * 1.1, low * 1.2)];
  return low > 0.5 * high ? [Math.max(0, low - 0.2 * (high - low) - 0.02 * high), high * 1.02] : [0, high * 1.05];
}

/**
 * @param {(number | null)[]} values
 * @param {number[]} epochs
 * @param {Frame} frame
 */
function pathOf(values, epochs, frame) {
  let isDown = false;
  const steps = epochs.map((epoch, n) => {
    const value = values[n];
    const y = typeof value === "number" ? frame.y(value) : NaN;
    if (!Number.isFinite(y)) return (isDown = false) || "";
    const step = `${isDown ? "L" : "M"}${frame.x(epoch).toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
    return step;
  });
  return steps.join("");
}

/**
 * @param {import("../core/course.js").Line} line
 * @param {number[]} epochs
 * @param {Frame} frame
 */
function dotsOf({ look, values }, epochs, frame) {
  return epochs.flatMap((epoch, n) => {
    const value = values[n];
    return typeof value === "number"
      ? [svg("circle", { class: `spot ${look}`, cx: frame.x(epoch), cy: frame.y(value), r: 3 })]
      : [];
  });
}

/**
 * @param {Frame} frame
 * @param {number[]} epochs
 */
function axes(frame, epochs) {
  const rows = frame.marks.flatMap((mark) => {
    const y = frame.y(mark);
    return [
      svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y, y2: y }),
      svg("text", { x: EDGE.left - 6, y: y + 3.5, "text-anchor": "end" }, shortened(mark)),
    ];
  });
  const [first, last] = [epochs[0] ?? 0, epochs.at(-1) ?? 0];
  const columns = ticks(first, last, 5).filter(Number.isInteger);
  const names = columns.map((epoch) =>
    svg("text", { x: frame.x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch)),
  );
  return [...rows, ...names];
}

/** @param {number} mark */
function shortened(mark) {
  return Math.abs(mark) >= 1000 || (mark && Math.abs(mark) < 0.001) ? mark.toExponential(0) : String(mark);
}

/**
 * The epoch under the pointer.
 * @param {PointerEvent} event
 * @param {SVGElement} picture
 * @param {number[]} epochs
 * @param {Frame} frame
 */
function nearest(event, picture, epochs, frame) {
  const box = picture.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * WIDTH;
  const distances = epochs.map((epoch) => Math.abs(frame.x(epoch) - x));
  return Math.max(0, distances.indexOf(Math.min(...distances)));
}

/**
 * @param {Chart} chart
 * @param {number[]} epochs
 * @param {number} index
 */
function legendOf(chart, epochs, index) {
  const entries = chart.lines.map(({ name, look, values }) => {
    const value = values[index];
    return h(
      "span",
      {},
      h("i", { class: `swatch ${look}` }),
      `${name} `,
      h("b", {}, typeof value === "number" ? figure(value) : "–"),
    );
  });
  return [h("span", { class: "dim" }, `epoch ${epochs[index] ?? "–"}`), ...entries];
}

/**
 * @param {Chart} chart
 * @param {number[]} epochs
 */
function inWords(chart, epochs) {
  const last = chart.lines.map(({ name, values }) => `${name} ${figure(values[epochs.length - 1] ?? NaN)}`);
  return `${chart.title}, ${epochs.length} epochs; last: ${last.join(", ")}`;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
