import { h } from "../dom.js";
import { TOOLS } from "../tools/index.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Tool} Tool */

const SVG = "http://www.w3.org/2000/svg";

/**
 * The tools, and the size of the brush where one is in the hand.
 * @param {Editor} editor
 */
export function toolbar(editor) {
  const buttons = TOOLS.map((tool) => toolButton(editor, tool));
  const size = brushSize(editor);
  const element = h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Tools", "aria-orientation": "vertical" },
    buttons,
    size.element,
  );
  const show = () => {
    TOOLS.forEach(({ id }, n) => buttons[n].setAttribute("aria-pressed", String(id === editor.tool.value)));
    size.element.hidden = editor.tool.value !== "brush" && editor.tool.value !== "eraser";
  };
  show();
  const leave = [editor.tool.subscribe(show), size.close];
  return { element, close: () => leave.forEach((one) => one()) };
}

/**
 * @param {Editor} editor
 * @param {Tool} tool
 */
function toolButton(editor, { id, title, icon, keys }) {
  const choose = () => {
    editor.tool.value = id;
    editor.viewer.host.focus({ preventScroll: true });
  };
  const name = keys.length ? `${title} (${keys[0]})` : title;
  return h(
    "button",
    { class: "icon-button", id: `tool-${id}`, title: name, "aria-label": name, "data-tool": id, onclick: choose },
    iconOf(icon),
  );
}

/**
 * A path of 24 x 24, or a character.
 * @param {string} icon
 */
export function iconOf(icon) {
  if (!/^[Mm]\s?[-\d.]/.test(icon)) return document.createTextNode(icon);
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", icon);
  svg.append(path);
  return svg;
}

/** @param {Editor} editor */
function brushSize(editor) {
  const said = h("output", { class: "number", id: "brush-size" });
  const bigger = h(
    "button",
    { class: "icon-button", "aria-label": "Larger brush (])", title: "Larger brush (])", onclick: () => scale(1.15) },
    "+",
  );
  const smaller = h(
    "button",
    {
      class: "icon-button",
      "aria-label": "Smaller brush ([)",
      title: "Smaller brush ([)",
      onclick: () => scale(1 / 1.15),
    },
    "−",
  );
  const scale = (/** @type {number} */ factor) =>
    (editor.brush.value = Math.min(Math.max(editor.brush.value * factor, 0.5), 1000));
  const show = () => (said.textContent = `${(2 * editor.brush.value).toFixed(editor.brush.value < 5 ? 1 : 0)} px`);
  show();
  const element = h(
    "div",
    { class: "brush-size", role: "group", "aria-label": "Diameter of the brush" },
    bigger,
    said,
    smaller,
  );
  return { element, close: editor.brush.subscribe(show) };
}
