import { bars } from "../core/preprocessing.js";
import { h } from "../dom.js";

const WIDTH = 256;
const HEIGHT = 56;

/**
 * A histogram as a small picture, with the range that is black to white marked.
 * @param {string} title
 * @param {number[]} counts
 * @param {{low: number, high: number}} edges values at both ends
 * @param {[number, number] | null} range
 */
export function histogram(title, counts, edges, range) {
  const canvas = h("canvas", {
    width: 2 * WIDTH,
    height: 2 * HEIGHT,
    role: "img",
    "aria-label": `Histogram: ${title}`,
  });
  requestAnimationFrame(() => draw(canvas, counts, edges, range));
  const words = range ? `${short(range[0])} to ${short(range[1])}` : "";
  return h(
    "figure",
    { class: "histogram" },
    h("figcaption", {}, h("span", {}, title), h("span", { class: "dim" }, words)),
    canvas,
    h("div", { class: "ends dim" }, h("span", {}, short(edges.low)), h("span", {}, short(edges.high))),
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} counts
 * @param {{low: number, high: number}} edges
 * @param {[number, number] | null} range
 */
function draw(canvas, counts, edges, range) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const style = getComputedStyle(canvas);
  const [width, height] = [canvas.width, canvas.height];
  context.clearRect(0, 0, width, height);
  context.fillStyle = style.getPropertyValue("--dim");
  bars(counts).forEach((share, index) => {
    const x = (index * width) / counts.length;
    context.fillRect(x, height * (1 - share), width / counts.length - 0.5, height * share);
  });
  if (!range || edges.high <= edges.low) return;
  context.fillStyle = style.getPropertyValue("--accent");
  for (const value of range) {
    const x = ((value - edges.low) / (edges.high - edges.low)) * width;
    context.fillRect(Math.max(0, Math.min(width - 3, x - 1)), 0, 3, height);
  }
}

/** @param {number} value */
function short(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
