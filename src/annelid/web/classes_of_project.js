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
 * @returns {Promise<boolean>} false where it has to wait
 */
export async function changeClasses(editor, what) {
  const isSaved = await editor.autosave.flush();
  if (!isSaved && "map" in what) {
    editor.notify("Not all changes of this image are saved yet: a class can be changed when they are.", "warning");
    return false;
  }
  const { classes } = await post("api/classes", { ...what, author: editor.author });
  take(editor, classes);
  await editor.autosave.sync();
  return true;
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
