import { get, post } from "./api.js";

/** @typedef {import("./types.js").ClassInfo} ClassInfo */
/** @typedef {import("./types.js").Editor} Editor */

/**
 * The classes as the server has them now.
 * @param {Editor} editor
 */
export async function refreshClasses(editor) {
  take(editor, await get("api/classes"));
}

/**
 * Add or map classes on the server; what is unsaved goes there first.
 * @param {Editor} editor
 * @param {{add: string[]} | {map: Record<string, string | null>}} what
 */
export async function changeClasses(editor, what) {
  await editor.autosave.flush();
  const { classes } = await post("api/classes", { ...what, author: editor.author });
  take(editor, classes);
  await editor.autosave.sync();
}

/**
 * @param {Editor} editor
 * @param {ClassInfo[]} classes
 */
function take(editor, classes) {
  editor.classes.value = classes;
  if (!classes.some(({ name }) => name === editor.currentClass.value))
    editor.currentClass.value = classes[0]?.name ?? "";
}
