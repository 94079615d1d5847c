import { simplifyRing } from "../core/simplify.js";
import { addObject } from "./add.js";
import { imageLength, inside } from "./place.js";
import { colorOf, drawShape } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */

/** CSS pixels by which the outline may leave what the hand drew. */
const TOLERANCE = 0.75;

/** An outline in one stroke. */
class FreehandTool {
  id = "freehand";
  title = "Freehand";
  icon = "M4 15c-2-6 4-12 9-11s9 5 7 10-8 3-9 6-5 2-7-5z";
  keys = ["l"];
  cursor = "crosshair";
  hint = "Drag round the object and let go: the outline closes. Escape gives up.";

  constructor() {
    /** @type {number[] | null} */
    this._points = null;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._points = null;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button === 0) this._points = [...inside(event, editor)];
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    if (!this._points) return;
    const [x, y] = inside(event, editor);
    const [lastX, lastY] = this._points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) >= imageLength(editor, 1)) this._points.push(x, y);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  up(_event, editor) {
    const ring = simplifyRing(this._points ?? [], imageLength(editor, TOLERANCE));
    this.deactivate(editor);
    if (ring.length >= 6) void addObject(editor, { kind: "polygon", shape: [[ring]] });
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (event.key !== "Escape" || !this._points) return false;
    this.deactivate(editor);
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    if (this._points) drawShape(context, transform, [[this._points]], colorOf(editor));
  }
}

export const freehand = new FreehandTool();
