import { h } from "../dom.js";
import { field } from "./field.js";

/** @typedef {import("../api.js").ApiError} ApiError */

/**
 * What the server asks back: other classes, another format, or the images alone. Nothing was imported yet.
 * @param {ApiError} error
 * @param {string[]} classes of the project
 * @param {(more: {add?: string[], map?: Record<string, string>, images_only?: boolean}) => void} again
 * @param {() => void} giveUp
 */
export function importRefused(error, classes, again, giveUp) {
  const unknown = error.detail.type === "UnknownClasses" ? /** @type {string[]} */ (error.detail.classes) : [];
  const picks = unknown.map((name, index) => classPick(name, index, classes));
  const answer = () => {
    const pairs = picks.map(({ name, select }) => [name, select.value]);
    const map = Object.fromEntries(pairs.filter(([, to]) => to));
    again({ add: pairs.filter(([, to]) => !to).map(([name]) => name ?? ""), map });
  };
  const buttons = unknown.length
    ? [h("button", { class: "button primary", id: "import-again", onclick: answer }, "Import so")]
    : [
        h(
          "button",
          { class: "button primary", id: "import-again", onclick: () => again({}) },
          "Import again with these options",
        ),
        h(
          "button",
          { class: "button", id: "images-only", onclick: () => again({ images_only: true }) },
          "Import the images without annotation",
        ),
      ];
  return h(
    "section",
    { class: "panel import-refused", id: "import-refused", role: "alert" },
    h(
      "h2",
      {},
      unknown.length ? "The annotation has classes that the project does not have" : "Nothing was imported yet",
    ),
    unknown.length ? null : h("p", {}, error.message),
    unknown.length
      ? h(
          "div",
          { class: "class-picks" },
          picks.map(({ element }) => element),
        )
      : h("p", { class: "dim" }, error.nextStep),
    h(
      "div",
      { class: "toolbar" },
      ...buttons,
      h("button", { class: "button quiet", id: "give-up", onclick: giveUp }, "Forget these files"),
    ),
  );
}

/**
 * @param {string} name
 * @param {number} index
 * @param {string[]} classes
 */
function classPick(name, index, classes) {
  const id = `class-pick-${index}`;
  const select = h(
    "select",
    { id },
    h("option", { value: "" }, `add ${name} as a new class`),
    classes.map((known) => h("option", { value: known }, `take it for ${known}`)),
  );
  return { name, select, element: field(name, select, "", "inline") };
}
