import { fill, h } from "../dom.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */

const GESTURES = [
  ["Two fingers, or the wheel", "Move and zoom"],
  ["Middle button, or Space and drag", "Move the image"],
  ["Alt and the wheel", "Size of the brush"],
];
const NAMES = new Map([
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["PageDown", "Page ↓"],
  ["PageUp", "Page ↑"],
]);

/**
 * The button and the sheet that say what can be done, made of the list of actions.
 * @param {Editor} editor
 */
export function help(editor) {
  const body = h("div", { class: "help-groups" });
  const filter = h("input", {
    id: "help-filter",
    type: "search",
    placeholder: "Find a command",
    "aria-label": "Find a command",
    autofocus: true,
  });
  const close = h("button", { class: "icon-button", "aria-label": "Close", value: "close" }, "✕");
  const sheet = h(
    "dialog",
    { class: "dialog help", id: "help", "aria-label": "Keys" },
    h(
      "form",
      { method: "dialog", class: "toolbar" },
      h("h2", {}, "What you can do"),
      h("span", { class: "spacer" }),
      filter,
      close,
    ),
    body,
  );
  const show = () => fill(body, ...groups(editor, filter.value.trim().toLowerCase(), () => sheet.close()));
  const open = () => {
    filter.value = "";
    show();
    sheet.showModal();
  };
  filter.addEventListener("input", show);
  filter.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  const leave = editor.actions.add([{ id: "help", title: "This sheet", group: "Help", keys: ["?"], run: open }]);
  const button = h(
    "button",
    { class: "button quiet", id: "help-button", title: "All commands and their keys (?)", onclick: open },
    "Keys ",
    h("kbd", {}, "?"),
  );
  return { element: h("span", { class: "help-place" }, button, sheet), close: () => (leave(), sheet.close()) };
}

/**
 * @param {Editor} editor
 * @param {string} words
 * @param {() => void} close
 */
function groups(editor, words, close) {
  const all = [...editor.actions.all.values()].filter(({ title, group }) =>
    `${group} ${title}`.toLowerCase().includes(words),
  );
  const names = [...new Set(all.map(({ group }) => group))];
  const sections = names.map((name) =>
    groupOf(
      name,
      all.filter(({ group }) => group === name),
      close,
    ),
  );
  return words ? sections : [...sections, gestures()];
}

/**
 * @param {string} name
 * @param {Action[]} actions
 * @param {() => void} close
 */
function groupOf(name, actions, close) {
  const rows = actions.map((action) => {
    const run = () => {
      close();
      action.run();
    };
    const disabled = !(action.when?.() ?? true);
    return h(
      "li",
      {},
      h(
        "button",
        { class: "help-row", "data-action": action.id, disabled, onclick: run },
        h("span", {}, action.title),
        keysOf(action.keys),
      ),
    );
  });
  return h("section", {}, h("h3", {}, name), h("ul", { class: "list" }, rows));
}

function gestures() {
  const rows = GESTURES.map(([keys, title]) =>
    h("li", { class: "help-row" }, h("span", {}, title), h("span", { class: "dim" }, keys)),
  );
  return h("section", {}, h("h3", {}, "Pointer"), h("ul", { class: "list" }, rows));
}

/** @param {string[]} keys */
function keysOf(keys) {
  return h(
    "span",
    { class: "help-keys" },
    keys.map((key) => h("kbd", {}, keyText(key))),
  );
}

/**
 * A key as it is printed on keyboards.
 * @param {string} key
 */
export function keyText(key) {
  const parts = key === "+" ? ["+"] : key.split("+");
  return parts.map((part) => NAMES.get(part) ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}
