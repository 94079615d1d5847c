import { withoutVertices } from "../core/reshape.js";
import { drawHot } from "./preview.js";

/** @typedef {import("../core/handles.js").Handle} Handle */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/** The vertices of one object that were clicked, for Delete. */
class HeldVertices {
  constructor() {
    /** @type {string} */
    this._id = "";
    this.clear();
  }

  clear() {
    /** The outline that they are of: with another one they mean nothing. @type {ImageObject["shape"] | null} */
    this._shape = null;
    this._id = "";
    /** @type {Handle[]} */
    this._handles = [];
  }

  /**
   * @param {ImageObject} object
   * @param {Handle} handle
   * @param {boolean} adds
   */
  take(object, handle, adds) {
    const kept = adds && object.shape === this._shape ? this._handles : [];
    this._shape = object.shape;
    this._id = object.id;
    this._handles = handle.role === "vertex" || handle.role === "corner" ? [...kept, handle] : [];
  }

  /**
   * Take them out of the outline.
   * @param {Editor} editor
   * @returns {boolean} whether there were any
   */
  remove(editor) {
    const object = editor.store.get(this._id);
    const isCurrent = object && object.shape === this._shape && editor.selection.value.has(this._id);
    const places = this._handles;
    this.clear();
    if (!isCurrent || !places.length || object.params || object.kind === "point") return false;
    const changed = withoutVertices(editor.corrected(object.id), places);
    if (changed) editor.apply({ upsert: [changed], message: "removed a vertex" });
    else editor.apply({ removed: [object.id], message: "removed its last vertices" });
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    if (editor.store.get(this._id)?.shape !== this._shape) return;
    for (const { x, y } of this._handles) drawHot(context, transform, x, y);
  }
}

export const heldVertices = new HeldVertices();
