import { DrawingTool } from "./drawing_tool.js";
import { Outline } from "./outline.js";
import { colorOf } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */

/** Draws a closed outline by clicks and drags, and hands it on. */
export class OutlineTool extends DrawingTool {
  /**
   * @param {import("./drawing_tool.js").About} about
   * @param {(editor: Editor, ring: Ring) => void} done
   * @param {(editor: Editor) => string} [color]
   */
  constructor(about, done, color = colorOf) {
    super(about);
    this._done = done;
    this._color = color;
    this._outline = new Outline();
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._outline.clear();
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0) return;
    if (this._outline.press(event, editor)) this._finish(editor);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    this._outline.follow(event, editor);
    if (this._outline.points.length) editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  up(_event, editor) {
    const closes = this._outline.isDragging && this._outline.isNearStart && this._outline.points.length > 16;
    this._outline.release();
    if (closes) this._finish(editor);
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  doubleClick(_event, editor) {
    if (this._outline.hasArea) this._finish(editor);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    const what = {
      Enter: () => this._finish(editor),
      Escape: () => this._outline.clear(),
      Backspace: () => this._outline.back(),
    };
    const act = what[/** @type {keyof typeof what} */ (event.key)];
    if (!act || !this._outline.points.length) return false;
    act();
    editor.viewer.invalidate("top");
    return true;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    this._outline.draw(context, transform, this._color(editor));
  }

  /** @param {Editor} editor */
  _finish(editor) {
    const ring = this._outline.ring(editor);
    this.deactivate(editor);
    if (ring.length >= 6) this._done(editor, ring);
  }
}
