import { addObject } from "./add.js";
import { DrawingTool } from "./drawing_tool.js";
import { imageLength, inside, isDrag } from "./place.js";
import { colorOf, drawShape } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {Pick<ImageObject, "kind" | "shape" | "params">} Drawn */

/** A figure between opposite corners: dragged, or clicked at both. Shift makes it regular, Alt starts in its middle. */
export class CornersTool extends DrawingTool {
  /**
   * @param {import("./drawing_tool.js").About} about
   * @param {(box: [number, number, number, number]) => Drawn} figure
   */
  constructor(about, figure) {
    super(about);
    this._figure = figure;
    this._reset();
  }

  _reset() {
    /** @type {{x: number, y: number, sx: number, sy: number} | null} */
    this._start = null;
    /** @type {[number, number, number, number] | null} */
    this._box = null;
    this._wasDragged = false;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._reset();
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0 || this._start) return;
    const [x, y] = inside(event, editor);
    this._start = { x, y, sx: event.sx, sy: event.sy };
    this._wasDragged = false;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    if (!this._start) return;
    this._wasDragged ||= isDrag(this._start, event);
    this._box = this._between(this._start, event, editor);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  up(event, editor) {
    if (!this._start || !this._wasDragged) return;
    const [x1, y1, x2, y2] = this._between(this._start, event, editor);
    this.deactivate(editor);
    const least = imageLength(editor, 2);
    if (x2 - x1 > least && y2 - y1 > least) void addObject(editor, this._figure([x1, y1, x2, y2]));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (event.key !== "Escape" || !this._start) return false;
    this.deactivate(editor);
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    if (this._box) drawShape(context, transform, this._figure(this._box).shape, colorOf(editor));
  }

  /**
   * @param {{x: number, y: number}} start
   * @param {ToolEvent} event
   * @param {Editor} editor
   * @returns {[number, number, number, number]}
   */
  _between(start, event, editor) {
    const [x, y] = inside(event, editor);
    let [dx, dy] = [x - start.x, y - start.y];
    if (event.shift) {
      const side = Math.min(Math.abs(dx), Math.abs(dy));
      [dx, dy] = [side * Math.sign(dx), side * Math.sign(dy)];
    }
    const [ax, ay] = event.alt ? [start.x - dx, start.y - dy] : [start.x, start.y];
    const [bx, by] = [start.x + dx, start.y + dy];
    return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
  }
}
