// Where the pointer is, the raw values there, how far the image is zoomed, and how large it is.

import { fill, h } from "../dom.js";
import { lengthText } from "../core/scale_bar.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */

const MOST_VALUES = 8;

/**
 * @param {Editor} editor
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function cursor(editor) {
  const { viewer } = editor;
  const place = h("span", { class: "number", id: "cursor-place" });
  const values = h("span", { class: "number", id: "cursor-values" });
  const zoom = h("span", { class: "number", id: "cursor-zoom" });
  const size = h("span", { class: "dim", id: "image-size" }, sizeText(viewer.source.facts));
  const element = h("div", { class: "cursor" }, place, values, h("span", { class: "spacer" }), zoom, size);
  const showPlace = () => {
    const at = viewer.cursor.value;
    const found = at && viewer.source.valueAt(at.x, at.y);
    place.textContent = at && found ? `x ${Math.floor(at.x)}  y ${Math.floor(at.y)}` : "";
    fill(values, ...(found ? valueTexts(editor, found) : []));
  };
  const showZoom = () => {
    zoom.textContent = `${percent(viewer.transform.value.scale * viewer.screen.ratio)} %`;
  };
  showZoom();
  const leave = [
    viewer.cursor.subscribe(showPlace),
    viewer.transform.subscribe(showZoom),
    viewer.state.subscribe(showPlace),
  ];
  return { element, close: () => leave.forEach((one) => one()) };
}

/**
 * @param {Editor} editor
 * @param {{level: number, values: Map<number, number>}} found
 */
function valueTexts(editor, { level, values }) {
  const shown = [...values].filter(([n]) => editor.channels.value[n]?.shown).slice(0, MOST_VALUES);
  const title = level ? "the nearest pixel that is loaded: zoom in for the exact one" : "raw value";
  return shown.map(([n, value]) => {
    const dot = h("span", { class: "dot" });
    dot.style.background = editor.channels.value[n].color;
    return h("span", { class: "cursor-value", title }, dot, `${level ? "≈ " : ""}${valueText(value)}`);
  });
}

/** @param {number} value */
function valueText(value) {
  return Number.isInteger(value) ? String(value) : Number.isNaN(value) ? "not a number" : value.toPrecision(5);
}

/** @param {number} scale */
function percent(scale) {
  const value = scale * 100;
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** @param {PixelFacts | null} facts */
function sizeText(facts) {
  if (!facts) return "";
  const [width, height] = facts.size_wh;
  const um = facts.pixel_size_um;
  const pixels = `${width} × ${height} px, ${facts.stored_dtype}`;
  return um ? `${pixels}, ${lengthText(width * um)} × ${lengthText(height * um)}` : pixels;
}
