import { changeClasses, refreshClasses } from "../classes_of_project.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { ask } from "./dialog.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").ClassInfo} ClassInfo */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * Rename a class, merge it into another, or delete it: for the whole project, so in words first.
 * @param {Editor} editor
 * @param {ClassInfo} chosen
 */
export async function changeClass(editor, chosen) {
  await editor.autosave.flush();
  await refreshClasses(editor); // what was drawn since counts, too
  const one = editor.classes.value.find(({ name }) => name === chosen.name) ?? chosen;
  const answer = await ask(
    `Class “${one.name}”`,
    [h("p", {}, `${counted(one.count, "object")} of the project ${one.count === 1 ? "is" : "are"} of this class.`)],
    [
      { value: "delete", label: "Delete …", kind: "danger" },
      ...(editor.classes.value.length > 1 ? [{ value: "merge", label: "Merge …" }] : []),
      { value: "rename", label: "Rename …", kind: "primary" },
    ],
  );
  if (answer === "rename") await rename(editor, one);
  if (answer === "merge") await merge(editor, one);
  if (answer === "delete") await remove(editor, one);
}

/**
 * @param {Editor} editor
 * @param {ClassInfo} one
 */
async function rename(editor, { name, count }) {
  const input = h("input", { id: "class-name", value: name, required: true, maxlength: 80, autofocus: true });
  const words = `${counted(count, "object")} will have the new name, on all images. Trained models keep the old one.`;
  const body = field("New name", input, words);
  const answer = await ask(`Rename “${name}”`, [body], [{ value: "rename", label: "Rename", kind: "primary" }]);
  const next = input.value.trim();
  if (!answer || !next || next === name) return;
  if (editor.classes.value.some((one) => one.name === next)) {
    editor.notify(`There is a class “${next}” already: choose Merge to make one of both.`, "warning");
  } else await map(editor, name, next);
}

/**
 * @param {Editor} editor
 * @param {ClassInfo} one
 */
async function merge(editor, { name, count }) {
  const others = editor.classes.value.filter((one) => one.name !== name);
  const select = h(
    "select",
    { id: "class-into", autofocus: true },
    others.map((one) => h("option", { value: one.name }, one.name)),
  );
  const words = [
    `${counted(count, "object")} on all images will be of that class, and “${name}” will be gone.`,
    "The history of each image keeps what was.",
  ].join(" ");
  const body = field(`“${name}” becomes part of`, select, words);
  const answer = await ask(`Merge “${name}”`, [body], [{ value: "merge", label: "Merge", kind: "danger" }]);
  if (answer) await map(editor, name, select.value);
}

/**
 * @param {Editor} editor
 * @param {ClassInfo} one
 */
async function remove(editor, { name, count }) {
  const words = count
    ? `${counted(count, "object")} of this class will be deleted too, on all images. Their history keeps them.`
    : "No object is of this class.";
  const answer = await ask(
    `Delete “${name}”?`,
    [h("p", {}, words)],
    [{ value: "delete", label: "Delete", kind: "danger" }],
  );
  if (answer) await map(editor, name, null);
}

/**
 * @param {Editor} editor
 * @param {string} name
 * @param {string | null} next
 */
async function map(editor, name, next) {
  const isDone = await changeClasses(editor, { map: { [name]: next } });
  if (isDone && next && editor.currentClass.value === name) editor.currentClass.value = next;
}
