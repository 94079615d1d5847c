import { h } from "../dom.js";

/** @typedef {import("../dom.js").Child} Child */

/**
 * A control with its label, and a line on what it is for.
 * @param {Child | Child[]} label
 * @param {HTMLElement} control with an id
 * @param {string} [hint]
 * @param {"" | "inline"} [look]
 */
export function field(label, control, hint = "", look = "") {
  const said = hint ? h("span", { class: "hint" }, hint) : null;
  return h("div", { class: `field ${look}`.trim() }, h("label", { for: control.id }, label), control, said);
}
