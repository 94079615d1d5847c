import { cutAlong } from "../commands/shapes.js";
import { imageLength, isDrag } from "./place.js";
import { drawDot, drawLine } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */

const COLOR = "#ffd166";

/** A line that splits what it crosses. */
class CutTool {
  id = "cut";
  title = "Cut";
  icon = "M4 20L20 4M7 4h4v4H7zM13 16h4v4h-4z";
  keys = ["k"];
  cursor = "crosshair";
  hint = "Drag a line across an object (or click vertices, then Enter): it is split there. What is selected, else all.";

  constructor() {
    /** @type {number[]} */
    this._line = [];
    /** @type {{sx: number, sy: number} | null} */
    this._pressed = null;
    /** @type {[number, number] | null} */
    this._cursor = null;
    this._wasDragged = false;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._line = [];
    this._pressed = this._cursor = null;
    this._wasDragged = false;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0) return;
    this._pressed = { sx: event.sx, sy: event.sy };
    this._line.push(event.x, event.y);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    this._cursor = [event.x, event.y];
    if (!this._line.length) return;
    if (this._pressed) this._wasDragged ||= isDrag(this._pressed, event);
    const [lastX, lastY] = this._line.slice(-2);
    const isFar = Math.hypot(event.x - lastX, event.y - lastY) >= imageLength(editor, 3);
    if (this._pressed && this._wasDragged && isFar) this._line.push(event.x, event.y);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  up(event, editor) {
    if (this._pressed && this._wasDragged) this._finish([...this._line, event.x, event.y], editor);
    this._pressed = null;
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  doubleClick(_event, editor) {
    this._finish(this._line, editor);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (!this._line.length) return false;
    if (event.key === "Escape") this.deactivate(editor);
    else if (event.key === "Backspace") this._line.length -= 2;
    else if (event.key === "Enter") this._finish(this._line, editor);
    else return false;
    editor.viewer.invalidate("top");
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   */
  draw(context, transform) {
    if (!this._line.length) return;
    drawLine(context, transform, [...this._line, ...(this._cursor ?? [])], COLOR);
    drawDot(context, transform, this._line[0], this._line[1], COLOR, 3);
  }

  /**
   * @param {number[]} line
   * @param {Editor} editor
   */
  _finish(line, editor) {
    this.deactivate(editor);
    if (line.length >= 4) cutAlong(editor, line);
  }
}

export const cut = new CutTool();
