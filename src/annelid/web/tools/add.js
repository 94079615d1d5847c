import { newId } from "../core/ids.js";
import { counted } from "../core/words.js";

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
 * @returns {Promise<string>} id of the object; "" when it was thrown away
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
 * @param {Iterable<string>} [ids] instead of those that are selected
 * @returns {ImageObject[]}
 */
export function unlocked(editor, ids = editor.selection.value) {
  const free = [...ids].filter((id) => !editor.locked.value.has(id));
  return free.map((id) => editor.store.get(id)).filter((object) => object !== undefined);
}

/**
 * Those that are still what they were when a gesture or a question began: it was not made for what came since, by
 * another person or by undo. Says so where there are others.
 * @template {ImageObject} T
 * @param {Editor} editor
 * @param {T[]} objects
 * @returns {T[]}
 */
export function unchanged(editor, objects) {
  const same = objects.filter((object) => editor.store.get(object.id) === object);
  const left = objects.length - same.length;
  if (left) editor.notify(`${counted(left, "object")} changed meanwhile: left as it is now.`, "warning");
  return same;
}

/**
 * The selected objects that may be changed; says so where they are all locked.
 * @param {Editor} editor
 * @param {Iterable<string>} [ids] instead of those that are selected
 * @returns {ImageObject[]}
 */
export function changeable(editor, ids = editor.selection.value) {
  const free = unlocked(editor, ids);
  if (!free.length && [...ids].length)
    editor.notify("Locked objects are left as they are; Shift+K unlocks them.", "warning");
  return free;
}
