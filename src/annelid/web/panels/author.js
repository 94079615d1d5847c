import { h } from "../dom.js";

/**
 * A line that asks for the name under which changes are kept.
 * @param {string} name the present one
 * @param {(name: string) => void} keep
 * @returns {HTMLFormElement}
 */
export function askName(name, keep) {
  const input = h("input", { id: "author-name", value: name, maxlength: 60, required: true, autocomplete: "name" });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = input.value.trim().replace(/\s+/g, " ");
    if (!given) return input.focus();
    keep(given);
    form.remove();
  };
  const form = h(
    "form",
    { class: "ask-name", id: "ask-name", onsubmit: submit },
    h("label", { for: "author-name" }, "Your name, so that the history says who drew what:"),
    input,
    h("button", { class: "button primary", type: "submit", id: "author-keep" }, "Keep it"),
    h("span", { class: "spacer" }),
    h("button", { class: "icon-button", type: "button", "aria-label": "Not now", onclick: () => form.remove() }, "✕"),
  );
  return form;
}
