import { fill, h } from "../dom.js";
import { ask } from "./dialog.js";

/** @typedef {import("../types.js").Editor} Editor */

/**
 * Choose a class by typing a piece of its name.
 * @param {Editor} editor
 * @returns {Promise<string>} "" for none
 */
export async function chooseClass(editor) {
  const list = h("ul", { class: "list palette", id: "palette" });
  const input = h("input", {
    id: "palette-filter",
    "aria-label": "Part of the name",
    placeholder: "Type a part of the name",
    autocomplete: "off",
    autofocus: true,
  });
  const found = () =>
    editor.classes.value.filter(({ name }) => name.toLowerCase().includes(input.value.trim().toLowerCase()));
  let chosen = 0;
  const show = () => {
    const classes = found();
    chosen = Math.max(0, Math.min(chosen, classes.length - 1));
    fill(
      list,
      classes.map((one, n) => row(one, n === chosen)),
    );
    if (!classes.length) fill(list, h("li", { class: "dim" }, "No class has that in its name."));
  };
  input.addEventListener("input", () => ((chosen = 0), show()));
  input.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by) event.preventDefault();
    chosen += by;
    show();
  });
  show();
  const answer = ask("Class", [input, list], [{ value: "chosen", label: "Use it", kind: "primary" }]);
  list.addEventListener("click", (event) => {
    const name = event.target instanceof Element && event.target.closest("[data-class]")?.getAttribute("data-class");
    chosen = found().findIndex((one) => one.name === name);
    if (name) list.closest("dialog")?.close("chosen");
  });
  return (await answer) ? (found()[chosen]?.name ?? "") : "";
}

/**
 * @param {import("../types.js").ClassInfo} one
 * @param {boolean} isChosen
 */
function row({ name, color }, isChosen) {
  const dot = h("span", { class: "dot" });
  dot.style.background = color;
  return h("li", { class: "row", "aria-current": isChosen ? "true" : null, "data-class": name }, dot, name);
}
