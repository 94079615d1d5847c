import { useClass } from "../commands/classes.js";
import { number } from "../core/words.js";
import { fill, h } from "../dom.js";
import { askForClass } from "./ask_class.js";
import { changeClass } from "./change_class.js";

/** @typedef {import("../types.js").ClassInfo} ClassInfo */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * The classes with their numbers; a click chooses one, for what is selected too.
 * @param {Editor} editor
 */
export function classes(editor) {
  const list = h("ul", { class: "list classes", id: "classes" });
  const add = h(
    "button",
    { class: "button quiet", id: "class-add", onclick: () => void askForClass(editor) },
    "+ New class …",
  );
  const show = () => {
    const { byClass } = editor.store.counts;
    const rows = editor.classes.value.map((one, n) => row(editor, one, n, byClass[one.name] ?? 0));
    if (rows.length) fill(list, rows);
    else fill(list, h("li", { class: "dim" }, "No classes yet: add the first, or just draw."));
  };
  show();
  const leave = [editor.classes.subscribe(show), editor.currentClass.subscribe(show), editor.store.subscribe(show)];
  return { element: h("div", { class: "section-body" }, list, add), close: () => leave.forEach((one) => one()) };
}

/**
 * @param {Editor} editor
 * @param {ClassInfo} one
 * @param {number} index
 * @param {number} count on this image
 */
function row(editor, one, index, count) {
  const dot = h("span", { class: "dot" });
  dot.style.background = one.color;
  const isCurrent = one.name === editor.currentClass.value;
  const title = `${one.count} in the project, ${count} on this image`;
  const choose = h(
    "button",
    {
      class: "class-choose",
      "aria-pressed": String(isCurrent),
      "data-class": one.name,
      title,
      onclick: () => useClass(editor, one.name),
    },
    h("kbd", {}, index < 9 ? index + 1 : " "),
    dot,
    h("span", { class: "class-name" }, one.name),
    h("span", { class: "number dim" }, number(count)),
  );
  const label = `Rename, merge or delete ${one.name}`;
  const change = h(
    "button",
    { class: "icon-button", "aria-label": label, title: label, onclick: () => void changeClass(editor, one) },
    "…",
  );
  return h("li", { class: "row class-row", "aria-current": isCurrent ? "true" : null }, choose, change);
}
