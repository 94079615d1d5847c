import { newId } from "../core/ids.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

const NAMES = {
  box: "a box",
  polygon: "a polygon",
  mask: "a mask",
  point: "a point",
  ellipse: "an ellipse",
  rotated_box: "a rotated box",
};

/**
 * Add what somebody drew, in the current class, and select it.
 * @param {Editor} editor
 * @param {Pick<ImageObject, "kind" | "shape"> & Partial<ImageObject>} drawn
 * @returns {Promise<string>} id of the object; "" when no class was given
 */
export async function addObject(editor, drawn) {
  const label = await editor.askClass();
  if (!label) return "";
  /** @type {ImageObject} */
  const object = {
    id: newId(),
    label,
    params: null,
    score: null,
    author: editor.author,
    origin: "",
    parent: "",
    ignore: false,
    extra: {},
    ...drawn,
  };
  editor.apply({ upsert: [object], message: `drew ${NAMES[object.kind]}` });
  editor.selection.value = new Set([object.id]);
  return object.id;
}

/**
 * The selected objects that are not locked.
 * @param {Editor} editor
 * @returns {ImageObject[]}
 */
export function unlocked(editor) {
  const free = [...editor.selection.value].filter((id) => !editor.locked.value.has(id));
  return free.map((id) => editor.store.get(id)).filter((object) => object !== undefined);
}

/**
 * The selected objects that may be changed; says so where they are all locked.
 * @param {Editor} editor
 * @returns {ImageObject[]}
 */
export function changeable(editor) {
  const free = unlocked(editor);
  if (!free.length && editor.selection.value.size)
    editor.notify("Locked objects are left as they are; Shift+K unlocks them.", "warning");
  return free;
}
