import { h } from "../dom.js";
import { ask } from "./dialog.js";

const KEYS = [
  ["Arrows, Home, End, PageUp, PageDown", "go through the images"],
  ["Enter, or a click", "open the image"],
  ["Space, or a click on the box", "select it"],
  ["Shift with an arrow or a click", "select all between"],
  ["Ctrl+A", "select all that are listed"],
  ["Escape", "select none"],
  ["/", "search"],
  ["?", "this list"],
];

/** What the keyboard does in the list of images. */
export function showListKeys() {
  const rows = KEYS.map(([key, what]) => h("tr", {}, h("td", {}, h("kbd", {}, key ?? "")), h("td", {}, what ?? "")));
  void ask("Keys in the list of images", [h("table", { class: "table" }, h("tbody", {}, rows))], []);
}
