import { rotatedBoxRing } from "../core/figures.js";
import { rotatedBoxOn } from "../core/reshape.js";
import { addObject } from "./add.js";
import { imageLength, inside, isDrag } from "./place.js";
import { colorOf, drawLine, drawShape } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {[number, number]} Point */

/** An edge first, dragged or clicked at both ends; then how far the box reaches to a side. */
class RotatedBoxTool {
  id = "rotated_box";
  title = "Rotated box";
  icon = "M9 3l12 7-6 11L3 14z";
  keys = ["Shift+R"];
  cursor = "crosshair";
  hint = "Drag along one edge (or click its two ends), then click how wide the box is. Escape gives up.";

  constructor() {
    /** @type {Point[]} */
    this._ends = [];
    /** @type {Point | null} */
    this._cursor = null;
    /** @type {{sx: number, sy: number} | null} */
    this._pressed = null;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._ends = [];
    this._cursor = this._pressed = null;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0) return;
    if (this._ends.length === 2) return this._finish(inside(event, editor), editor);
    this._pressed = { sx: event.sx, sy: event.sy };
    this._addEnd(inside(event, editor), editor);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    this._cursor = inside(event, editor);
    if (this._ends.length) editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  up(event, editor) {
    if (this._pressed && this._ends.length === 1 && isDrag(this._pressed, event))
      this._addEnd(inside(event, editor), editor);
    this._pressed = null;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (!this._ends.length || (event.key !== "Escape" && event.key !== "Backspace")) return false;
    if (event.key === "Escape") this.deactivate(editor);
    else this._ends.pop();
    editor.viewer.invalidate("top");
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    const [a, b] = this._ends;
    if (!a || !this._cursor) return;
    if (!b) return drawLine(context, transform, [...a, ...this._cursor], colorOf(editor));
    drawShape(context, transform, [[rotatedBoxRing(rotatedBoxOn(a, b, this._cursor))]], colorOf(editor));
  }

  /**
   * @param {Point} end
   * @param {Editor} editor
   */
  _addEnd(end, editor) {
    const [a] = this._ends;
    if (!a || Math.hypot(end[0] - a[0], end[1] - a[1]) > imageLength(editor, 3)) this._ends.push(end);
    this._cursor = end;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {Point} aside
   * @param {Editor} editor
   */
  _finish(aside, editor) {
    const [a, b] = this._ends;
    const params = rotatedBoxOn(a, b, aside);
    if (params[3] < imageLength(editor, 2)) return;
    this.deactivate(editor);
    void addObject(editor, { kind: "rotated_box", shape: [[rotatedBoxRing(params)]], params });
  }
}

export const rotatedBox = new RotatedBoxTool();
