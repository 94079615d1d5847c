import { spaced } from "../core/reshape.js";
import { imageLength, inside, isDrag, reach } from "./place.js";
import { drawDot, drawHot, drawLine, drawShape } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {import("../types.js").Transform} Transform */

/** CSS pixels between the vertices that dragging leaves. */
const STEP = 5;

/** An outline that grows vertex by vertex: clicked, or drawn freehand while dragging. */
export class Outline {
  constructor() {
    this.clear();
  }

  clear() {
    /** @type {number[]} */
    this.points = [];
    /** @type {[number, number] | null} */
    this.cursor = null;
    /** @type {{sx: number, sy: number} | null} */
    this._pressed = null;
    /** How many vertices each click or drag added, so that Backspace takes one of them back. */
    /** @type {number[]} */
    this._steps = [];
    this.isDragging = false;
    this.isNearStart = false;
  }

  get hasArea() {
    return this.points.length >= 6;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   * @returns {boolean} whether the first vertex was clicked: the outline is closed
   */
  press(event, editor) {
    if (this.hasArea && this._isAtStart(event, editor)) return true;
    this._pressed = { sx: event.sx, sy: event.sy };
    this._steps.push(0);
    this._add(inside(event, editor), imageLength(editor, 2));
    return false;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  follow(event, editor) {
    this.cursor = inside(event, editor);
    this.isNearStart = this.hasArea && this._isAtStart(event, editor);
    if (this._pressed && (this.isDragging || isDrag(this._pressed, event))) {
      this.isDragging = true;
      this._add(this.cursor, imageLength(editor, STEP));
    }
  }

  /** The button went up: the next vertex is clicked or dragged anew. */
  release() {
    this._pressed = null;
    this.isDragging = false;
  }

  /** Take the last click or drag back. */
  back() {
    const count = this._steps.pop() ?? 0;
    this.points.length -= 2 * count;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   * @param {string} color
   */
  draw(context, transform, color) {
    const { points, cursor } = this;
    if (!points.length) return;
    const line = cursor ? [...points, ...cursor] : points;
    if (line.length >= 6) drawShape(context, transform, [[line]], color);
    else drawLine(context, transform, line, color);
    if (points.length <= 400)
      for (let i = 2; i < points.length; i += 2) drawDot(context, transform, points[i], points[i + 1], color, 3);
    if (this.isNearStart) drawHot(context, transform, points[0], points[1]);
    else drawDot(context, transform, points[0], points[1], color, 5);
  }

  /**
   * The finished ring.
   * @param {Editor} editor
   */
  ring(editor) {
    return spaced(this.points, imageLength(editor, 1));
  }

  /**
   * @param {[number, number]} place
   * @param {number} apart
   */
  _add([x, y], apart) {
    const [lastX = Infinity, lastY = Infinity] = this.points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) < apart) return;
    this.points.push(x, y);
    this._steps[this._steps.length - 1] += 1;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  _isAtStart(event, editor) {
    const [x, y] = this.points;
    return Math.hypot(event.x - x, event.y - y) <= imageLength(editor, reach(event));
  }
}
