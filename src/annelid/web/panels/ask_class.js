import { changeClasses } from "../classes_of_project.js";
import { h } from "../dom.js";
import { ask } from "./dialog.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").Editor} Editor */

/**
 * Ask for the name of a new class, and make it the current one.
 * @param {Editor} editor
 * @returns {Promise<string>} "" when that was given up
 */
export async function askForClass(editor) {
  const isFirst = editor.classes.value.length === 0;
  const input = h("input", {
    id: "class-name",
    name: "class",
    required: true,
    maxlength: 80,
    autocomplete: "off",
    autofocus: true,
  });
  const hint = "Classes are what the model will tell apart, such as nucleus, or mitotic and resting.";
  const body = field("Name of the class", input, hint);
  const title = isFirst ? "What did you draw?" : "New class";
  const answer = await ask(title, [body], [{ value: "add", label: "Add the class", kind: "primary" }]);
  const name = input.value.trim();
  if (!answer || !name) return "";
  if (!editor.classes.value.some((one) => one.name === name)) await changeClasses(editor, { add: [name] });
  editor.currentClass.value = name;
  return name;
}

/**
 * The class of what somebody drew while there was none. It is asked for until there is one or the drawing is thrown
 * away: a slip of a finger, or a server that does not answer, loses no outline.
 * @param {Editor} editor
 * @returns {Promise<string>} "" when it was thrown away, or its page was left
 */
export async function classOfDrawing(editor) {
  const here = location.hash;
  while (location.hash === here) {
    const name = await askForClass(editor).catch((error) => editor.notify(error.message, "error"));
    if (name) return name;
    if (location.hash === here && (await isThrownAway())) return "";
  }
  return "";
}

/** @returns {Promise<boolean>} */
async function isThrownAway() {
  const title = "Throw away what you drew?";
  const words = "It is kept as soon as its class has a name.";
  const answers = /** @type {import("./dialog.js").Answer[]} */ ([
    { value: "throw", label: "Throw it away", kind: "danger" },
    { value: "name", label: "Name its class", kind: "primary" },
  ]);
  return (await ask(title, [h("p", {}, words)], answers)) === "throw";
}
