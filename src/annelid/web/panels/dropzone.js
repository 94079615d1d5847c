import { given } from "../drop.js";
import { h } from "../dom.js";

/** @typedef {import("../drop.js").Given} Given */

/**
 * Where files are dropped or chosen. What is dropped elsewhere on the page counts too (`drop.js`).
 * @param {string} title
 */
export function dropzone(title) {
  const files = chooser({ multiple: true, id: "choose-files" });
  const folder = chooser({ multiple: true, webkitdirectory: true, id: "choose-folder" });
  return h(
    "div",
    { class: "dropzone", id: "dropzone" },
    h("h2", {}, title),
    h(
      "p",
      { class: "dim" },
      "Drop images, folders or zips here, with their annotation if there is any. Or paste a picture.",
    ),
    h("div", { class: "toolbar" }, button("Choose files", files, true), button("Choose a folder", folder, false)),
    files,
    folder,
  );
}

/** @param {Record<string, unknown>} attributes */
function chooser(attributes) {
  const input = h("input", {
    type: "file",
    class: "visually-hidden",
    tabindex: -1,
    "aria-hidden": "true",
    ...attributes,
  });
  input.addEventListener("change", () => {
    given.value = [...given.value, ...[...(input.files ?? [])].map(asGiven)];
    input.value = "";
  });
  return input;
}

/**
 * @param {string} words
 * @param {HTMLInputElement} input
 * @param {boolean} isFirst
 */
function button(words, input, isFirst) {
  return h(
    "button",
    { class: isFirst ? "button primary" : "button", type: "button", onclick: () => input.click() },
    words,
  );
}

/**
 * @param {File} file
 * @returns {Given}
 */
function asGiven(file) {
  return { path: file.webkitRelativePath || file.name, file };
}
