import { reshaped } from "../core/reshape.js";
import { addObject, changeable, unchanged } from "./add.js";
import { DrawingTool } from "./drawing_tool.js";
import { imageLength } from "./place.js";
import { colorOf } from "./preview.js";
import { Stroke } from "./stroke.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */

const LEAST = 0.5;
const MOST = 1000;

/** Paints pixels into the selected object, or a new one; or rubs them out. */
class BrushTool extends DrawingTool {
  /**
   * @param {import("./drawing_tool.js").About} about
   * @param {0 | 1} value 0 rubs out
   */
  constructor(about, value) {
    super(about);
    this._value = value;
    /** @type {Stroke[]} */
    this._strokes = [];
    /** @type {{x: number, y: number, radius: number} | null} */
    this._at = null;
    this._isDown = false;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._giveUp(editor);
    this._at = null;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0) return;
    this._isDown = true;
    this._at = this._tip(event, editor);
    this._begin(event, editor);
    this._paintTo(this._at, editor);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    const tip = this._tip(event, editor);
    if (this._isDown && !this._strokes.length) this._begin(event, editor);
    if (this._isDown) this._paintTo(tip, editor);
    this._at = tip;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} _event
   * @param {Editor} editor
   */
  up(_event, editor) {
    const strokes = this._strokes;
    this._strokes = [];
    this._isDown = false;
    if (strokes.length) this._finish(strokes, editor);
    editor.viewer.objects.suppress([]);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (event.key === "[" || event.key === "]") resize(editor, event.key === "]" ? 1.15 : 1 / 1.15);
    else if (event.key === "Enter" && editor.selection.value.size) editor.selection.value = new Set();
    else if (event.key === "Escape" && this._isDown) this._giveUp(editor);
    else return false;
    return true;
  }

  /**
   * @param {WheelEvent} event with Alt
   * @param {Editor} editor
   */
  wheel(event, editor) {
    resize(editor, Math.exp(-Math.sign(event.deltaY || event.deltaX) * 0.12));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    for (const stroke of this._strokes) stroke.draw(context, transform);
    if (!this._at) return;
    const [sx, sy] = [this._at.x * transform.scale + transform.x, this._at.y * transform.scale + transform.y];
    const radius = (this._isDown ? this._at.radius : editor.brush.value) * transform.scale;
    ring(context, sx, sy, radius, "rgb(0 0 0 / 0.6)", 3);
    ring(context, sx, sy, radius, this._value ? colorOf(editor) : "#fff", 1.5);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  _begin(event, editor) {
    const targets = this._targets(event, editor);
    this._strokes = targets.map((object) => new Stroke(editor, object, this._value));
    editor.viewer.objects.suppress(targets.flatMap((object) => (object ? [object.id] : [])));
  }

  /**
   * The objects that this stroke changes; null is a new one.
   * @param {ToolEvent} event
   * @param {Editor} editor
   * @returns {(ImageObject | null)[]}
   */
  _targets(event, editor) {
    if (editor.selection.value.size) {
      const free = changeable(editor).filter(({ kind }) => kind !== "point");
      return this._value ? free.slice(-1) : free;
    }
    if (this._value) return [null];
    const id = editor.viewer.objects.hit(event.x, event.y, imageLength(editor, 2));
    const object = id && !editor.locked.value.has(id) ? editor.store.get(id) : undefined;
    return object && object.kind !== "point" ? [object] : [];
  }

  /**
   * @param {{x: number, y: number, radius: number}} tip
   * @param {Editor} editor
   */
  _paintTo(tip, editor) {
    const from = this._at ?? tip;
    for (const stroke of this._strokes) stroke.along([from.x, from.y, tip.x, tip.y], tip.radius);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {Stroke[]} strokes
   * @param {Editor} editor
   */
  _finish(strokes, editor) {
    const done = strokes.map((stroke) => ({ object: stroke.object, shape: stroke.shape() }));
    const fresh = done.find(({ object, shape }) => !object && shape.length);
    if (fresh) return void addObject(editor, { kind: "mask", shape: fresh.shape });
    const targets = strokes.flatMap(({ object }) => object ?? []);
    const same = new Set(unchanged(editor, targets));
    const known = done.flatMap(({ object, shape }) => (object && same.has(object) ? [{ object, shape }] : []));
    const kept = known.filter(({ shape }) => shape.length);
    const removed = known.filter(({ shape }) => !shape.length).map(({ object }) => object.id);
    const upsert = kept.map(({ object, shape }) => reshaped(editor.corrected(object.id), shape, "mask"));
    editor.apply({ upsert, removed, message: this._value ? "painted" : "rubbed out" });
  }

  /** @param {Editor} editor */
  _giveUp(editor) {
    this._strokes = [];
    this._isDown = false;
    editor.viewer.objects.suppress([]);
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  _tip(event, editor) {
    const share = event.pointer === "pen" ? 0.35 + 0.65 * event.pressure : 1;
    return { x: event.x, y: event.y, radius: editor.brush.value * share };
  }
}

/**
 * @param {Editor} editor
 * @param {number} factor
 */
function resize(editor, factor) {
  editor.brush.value = Math.min(Math.max(editor.brush.value * factor, LEAST), MOST);
  editor.viewer.invalidate("top");
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} color
 * @param {number} width
 */
function ring(context, x, y, radius, color, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

const SIZE = "[ and ], or Alt and the wheel, change its size.";

export const brush = new BrushTool(
  {
    id: "brush",
    title: "Brush",
    icon: "M20 4L10 14M8 13a4 4 0 0 1 3 3c0 3-3 4-7 4 2-1 1-3 1.500-5A3 3 0 0 1 8 13z",
    keys: ["b"],
    hint: `Paint: into the selected object, or a new one. Enter begins the next. ${SIZE}`,
  },
  1,
);

export const eraser = new BrushTool(
  {
    id: "eraser",
    title: "Eraser",
    icon: "M4 15L14 5l6 6-9 9H8zM9 10l6 6M11 20h9",
    keys: ["e"],
    hint: `Rub out: of the selected objects, or the one under the pointer. Holes and parts are fine. ${SIZE}`,
  },
  0,
);
