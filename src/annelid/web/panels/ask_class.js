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
