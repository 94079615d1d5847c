import { isSamePlane } from "../core/planes.js";
import { h } from "../dom.js";
import { TOOLS } from "../tools/index.js";
import { look } from "../tools/look.js";
import { cursor } from "./cursor.js";

/** @typedef {import("../types.js").Editor} Editor */

/**
 * The line below the image: whether all is saved, what the tool does, what is under the pointer.
 * @param {Editor} editor
 */
export function status(editor) {
  const dot = h("span", { class: "dot" });
  const words = h("span", {});
  const saved = h("span", { class: "save-state", id: "save-state", role: "status" }, dot, words);
  const retry = h(
    "button",
    { class: "button quiet", id: "save-retry", onclick: () => editor.autosave.retry() },
    "Try again",
  );
  const hint = h("span", { class: "hint", id: "tool-hint" });
  const place = cursor(editor);
  const { autosave } = editor;
  const showSaved = () => {
    saved.dataset.state = autosave.state.value;
    words.textContent = autosave.text.value;
    retry.hidden = autosave.state.value !== "refused";
  };
  const showHint = () => {
    const isHere = isSamePlane(editor.plane.value, editor.view.plane);
    const tool = isHere ? TOOLS.find(({ id }) => id === editor.tool.value) : look;
    hint.textContent = tool?.hint ?? "";
    hint.title = tool?.hint ?? "";
    hint.classList.toggle("elsewhere", !isHere);
  };
  showSaved();
  showHint();
  const leave = [
    autosave.state.subscribe(showSaved),
    autosave.text.subscribe(showSaved),
    editor.tool.subscribe(showHint),
    editor.plane.subscribe(showHint),
    place.close,
  ];
  const element = h("div", { class: "status" }, saved, retry, hint, place.element);
  return { element, close: () => leave.forEach((one) => one()) };
}
