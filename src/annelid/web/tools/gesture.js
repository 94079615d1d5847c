// What a press on the image began with the select tool, and what it comes to.

import { newId } from "../core/ids.js";
import { changeable, unchanged } from "./add.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */

/**
 * What a press began: `frame` selects by box, `move` takes the selected along, `shape` drags a handle.
 * @typedef {Object} Gesture
 * @property {"frame" | "move" | "shape"} what
 * @property {{x: number, y: number, sx: number, sy: number}} from
 * @property {boolean} begun whether the pointer went far enough
 * @property {boolean} adds whether Shift was held
 * @property {string} hit id under the pointer
 * @property {ImageObject[]} before
 * @property {ImageObject[]} after
 * @property {(x: number, y: number) => ImageObject[]} made what becomes of the objects at a place
 */

/**
 * What makes a copy the person's own.
 * @param {Editor} editor
 */
export function fresh(editor) {
  return { id: newId(), author: editor.author, score: null, origin: "" };
}

/**
 * The selected object, where there is one only and it may be changed.
 * @param {Editor} editor
 */
export function single(editor) {
  const [id, other] = editor.selection.value;
  return id && !other && !editor.locked.value.has(id) ? editor.store.get(id) : undefined;
}

/**
 * @param {Gesture} gesture
 * @param {Editor} editor
 */
export function clicked({ what, hit, adds }, editor) {
  if (what === "shape") return;
  if (!hit && !adds) editor.selection.value = new Set();
  if (!hit) return;
  const chosen = new Set(adds ? editor.selection.value : []);
  if (adds && chosen.has(hit)) chosen.delete(hit);
  else chosen.add(hit);
  editor.selection.value = chosen;
}

/**
 * @param {Gesture} gesture
 * @param {ToolEvent} event
 * @param {Editor} editor
 */
export function framed({ from, adds }, event, editor) {
  const box = [
    Math.min(from.x, event.x),
    Math.min(from.y, event.y),
    Math.max(from.x, event.x),
    Math.max(from.y, event.y),
  ];
  const found = editor.viewer.objects.inBox(/** @type {[number, number, number, number]} */ (box));
  editor.selection.value = new Set([...(adds ? editor.selection.value : []), ...found]);
}

/**
 * @param {Gesture} gesture
 * @param {Editor} editor
 */
export function finish({ what, before, after }, editor) {
  if (!after.length) return void changeable(editor);
  const known = new Set(before.map(({ id }) => id));
  const isCopy = after.some(({ id }) => !known.has(id));
  const same = new Set(isCopy ? [] : unchanged(editor, before).map(({ id }) => id));
  const changed = after.filter(({ id }) => same.has(id));
  const upsert = isCopy ? after : changed.map((object) => ({ ...editor.corrected(object.id), ...place(object) }));
  editor.apply({ upsert, message: isCopy ? "duplicated" : what === "move" ? "moved" : "reshaped" });
  if (isCopy) editor.selection.value = new Set(after.map(({ id }) => id));
}

/** @param {ImageObject} object */
function place({ kind, shape, params }) {
  return { kind, shape, params };
}
