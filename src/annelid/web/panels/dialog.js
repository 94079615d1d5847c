import { h } from "../dom.js";

/**
 * A button of a dialog.
 * @typedef {Object} Answer
 * @property {string} value
 * @property {string} label
 * @property {"primary" | "danger" | ""} [kind]
 */

/**
 * Ask something that has to be answered before one goes on; Escape is "no".
 * @param {string} title
 * @param {(Node | string)[]} body
 * @param {Answer[]} answers the last one is what Enter means
 * @returns {Promise<string>} the value of the answer, "" for none
 */
export function ask(title, body, answers) {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const buttons = answers.map(({ value, label, kind }, index) =>
    h(
      "button",
      { class: `button ${kind ?? ""}`, value, "data-answer": value, autofocus: index === answers.length - 1 },
      label,
    ),
  );
  const no = h(
    "button",
    { class: "button quiet", type: "button", "data-answer": "", onclick: () => dialog.close("") },
    answers.length ? "Cancel" : "Close",
  );
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id }, title),
    ...body,
    h("div", { class: "toolbar" }, no, ...buttons),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { submitter } = /** @type {SubmitEvent} */ (event);
    const chosen = submitter instanceof HTMLButtonElement ? submitter.value : (answers.at(-1)?.value ?? "");
    dialog.close(chosen);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault(); // by itself it would mean the first button
    form.requestSubmit(buttons.at(-1));
  });
  document.body.append(dialog);
  dialog.showModal();
  // what it asks belongs to the page that was left
  addEventListener("hashchange", () => dialog.close(""), { once: true });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
