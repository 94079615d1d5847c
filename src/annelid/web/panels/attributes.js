import { common, parsedValue } from "../core/attributes.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { changeable } from "../tools/add.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/**
 * What is known of the selected objects: attributes, whether they are ignored, in which object they lie.
 * @param {Editor} editor
 */
export function attributes(editor) {
  const element = h("div", { class: "section-body attributes", id: "attributes" });
  /** @type {ImageObject[]} */
  let shown = [];
  const show = () => {
    const chosen = [...editor.selection.value].flatMap((id) => editor.store.get(id) ?? []);
    if (chosen.length && chosen.length === shown.length && chosen.every((object, n) => object === shown[n])) return;
    shown = chosen; // what is typed here meanwhile stays while others change other objects
    if (!chosen.length)
      return fill(element, h("p", { class: "dim" }, "Select an object to see and change what is known of it."));
    fill(
      element,
      heading(editor, chosen),
      ignored(editor, chosen),
      parents(editor, chosen),
      table(editor, chosen),
      adding(editor, chosen),
    );
  };
  show();
  const leave = [editor.selection.subscribe(show), editor.store.subscribe(show)];
  return { element, close: () => leave.forEach((one) => one()) };
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 */
function heading({ store }, chosen) {
  const [one, other] = chosen;
  if (other) return h("p", {}, `${counted(chosen.length, "object")} selected`);
  const drawn = store.proposal(one) ? `proposed by ${one.author.slice(6)}` : `by ${one.author.replace(/^\w+:/, "")}`;
  const score = one.score === null ? "" : `, score ${one.score.toFixed(2)}`;
  const corrects = one.origin ? ", corrects a proposal" : "";
  return h(
    "p",
    {},
    h("strong", {}, one.label),
    h("span", { class: "dim" }, ` ${one.kind.replace("_", " ")} ${drawn}${score}${corrects}`),
  );
}

/**
 * Change all that were shown and may be changed: what is typed for them is not for what was selected since.
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 * @param {(object: ImageObject) => ImageObject} make
 * @param {string} message
 */
function change(editor, chosen, make, message) {
  const ids = chosen.map(({ id }) => id);
  editor.apply({ upsert: changeable(editor, ids).map(({ id }) => make(editor.corrected(id))), message });
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 */
function ignored(editor, chosen) {
  const box = h("input", { type: "checkbox", id: "object-ignore" });
  box.checked = chosen.every(({ ignore }) => ignore);
  box.indeterminate = !box.checked && chosen.some(({ ignore }) => ignore);
  box.addEventListener("change", () =>
    change(
      editor,
      chosen,
      (object) => ({ ...object, ignore: box.checked }),
      box.checked ? "ignored" : "no longer ignored",
    ),
  );
  const title = "Neither an object nor background: nothing is learned there";
  return h("label", { class: "check", title }, box, h("span", {}, "Ignore in training"));
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 */
function parents(editor, chosen) {
  const { store } = editor;
  const has = chosen.filter(({ parent }) => parent);
  const last = chosen.at(-1);
  const set = () => {
    const parent = last?.id ?? "";
    change(editor, chosen.slice(0, -1), (object) => ({ ...object, parent }), "put into another object");
  };
  const clear = () => change(editor, chosen, (object) => ({ ...object, parent: "" }), "taken out of its object");
  const parent = has.length === 1 && chosen.length === 1 ? store.get(has[0].parent) : undefined;
  const go = () => parent && (editor.selection.value = new Set([parent.id]));
  return h(
    "div",
    { class: "toolbar" },
    parent && h("button", { class: "button", id: "object-parent", onclick: go }, `In: ${parent.label}`),
    chosen.length > 1 &&
      h(
        "button",
        { class: "button", id: "object-set-parent", title: "Such as nuclei in their cell", onclick: set },
        `Put into the last selected (${last?.label})`,
      ),
    has.length > 0 && h("button", { class: "button quiet", id: "object-clear-parent", onclick: clear }, "Take out"),
  );
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 */
function table(editor, chosen) {
  const rows = common(chosen.map(({ extra }) => extra)).map(({ key, text, differs }) => {
    const input = h("input", {
      value: differs ? "" : text,
      placeholder: differs ? "different values" : "",
      "aria-label": key,
      "data-attribute": key,
    });
    input.addEventListener("change", () => setExtra(editor, chosen, key, parsedValue(input.value)));
    const remove = h(
      "button",
      {
        class: "icon-button",
        "aria-label": `Remove ${key}`,
        title: `Remove ${key}`,
        onclick: () => setExtra(editor, chosen, key, undefined),
      },
      "✕",
    );
    return [h("span", { class: "attribute-key", title: key }, key), input, remove];
  });
  return h("div", { class: "attribute-table" }, rows.flat());
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 */
function adding(editor, chosen) {
  const key = h("input", {
    id: "attribute-key",
    placeholder: "attribute",
    "aria-label": "Name of a new attribute",
    required: true,
    maxlength: 80,
  });
  const value = h("input", { id: "attribute-value", placeholder: "value", "aria-label": "Its value" });
  const form = h(
    "form",
    { class: "attribute-table" },
    key,
    value,
    h("button", { class: "icon-button", "aria-label": "Add the attribute", title: "Add the attribute" }, "+"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setExtra(editor, chosen, key.value.trim(), parsedValue(value.value));
  });
  return form;
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} chosen
 * @param {string} key
 * @param {unknown} value undefined removes it
 */
function setExtra(editor, chosen, key, value) {
  const make = (/** @type {ImageObject} */ object) => {
    const { [key]: _, ...rest } = object.extra;
    return { ...object, extra: value === undefined ? rest : { ...rest, [key]: value } };
  };
  if (key) change(editor, chosen, make, value === undefined ? `${key} removed` : `${key} set`);
}
