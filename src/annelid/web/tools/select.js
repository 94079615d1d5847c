import { dragged } from "../core/handles.js";
import { moved, withVertexAfter } from "../core/reshape.js";
import { changeable, unlocked } from "./add.js";
import { clicked, finish, framed, fresh, single } from "./gesture.js";
import { edgeAt, edgeMiddleAt, handleAt, hold } from "./grip.js";
import { imageLength, inside, isDrag, reach } from "./place.js";
import { colorOf, drawFrame, drawHot, drawShape } from "./preview.js";
import { heldVertices } from "./vertices.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {import("./gesture.js").Gesture} Gesture */

/** How many objects are shown where they are dragged to; of more the others appear there when they are let go. */
const MOST_DRAWN = 400;

/** Selects, moves and reshapes. */
class SelectTool {
  id = "select";
  title = "Select, move, reshape";
  icon = "M6 3l12 9-6 1 4 7-3 1-3-7-4 4z";
  keys = ["v"];
  cursor = "default";
  hint =
    "Click or drag a frame to select, Shift adds. Drag moves, Alt+drag duplicates; drag vertices, or middles of edges.";

  constructor() {
    /** @type {Gesture | null} */
    this._gesture = null;
    /** @type {[number, number] | null} */
    this._hot = null;
  }

  /** @param {Editor} editor */
  deactivate(editor) {
    this._giveUp(editor);
    heldVertices.clear();
    this._hot = null;
    editor.viewer.objects.hover.value = null;
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  down(event, editor) {
    if (event.button !== 0) return;
    const from = { x: event.x, y: event.y, sx: event.sx, sy: event.sy };
    const start = { from, begun: false, adds: event.shift, hit: "", before: [], after: [], made: () => [] };
    this._gesture = this._onHandle(event, editor, start) ?? this._onObject(event, editor, start);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  move(event, editor) {
    const gesture = this._gesture;
    if (!gesture) return this._hover(event, editor);
    gesture.begun ||= isDrag(gesture.from, event);
    if (!gesture.begun) return;
    editor.viewer.objects.hover.value = null;
    if (gesture.what !== "frame" && !gesture.after.length) editor.viewer.objects.suppress(this._hides(gesture));
    const [x, y] = gesture.what === "shape" ? inside(event, editor) : [event.x, event.y];
    gesture.after = gesture.made(x, y);
    this._hot = gesture.what === "frame" ? [event.x, event.y] : null;
    editor.viewer.invalidate("top");
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  up(event, editor) {
    const gesture = this._gesture;
    this._gesture = null;
    if (!gesture) return;
    if (!gesture.begun) clicked(gesture, editor);
    else if (gesture.what === "frame") framed(gesture, event, editor);
    else finish(gesture, editor);
    editor.viewer.objects.suppress([]);
    this._hot = null;
    editor.viewer.invalidate("top");
  }

  /**
   * A vertex where an edge was clicked twice.
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  doubleClick(event, editor) {
    const [object] = editor.selection.value.size === 1 ? changeable(editor) : [];
    const edge = object && edgeAt(object, event.x, event.y, imageLength(editor, reach(event)));
    if (!object || !edge) return;
    const changed = withVertexAfter(editor.corrected(object.id), edge, edge.x, edge.y);
    editor.apply({ upsert: [changed], message: "added a vertex" });
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Editor} editor
   */
  key(event, editor) {
    if (event.key === "Escape" && this._gesture) {
      this._giveUp(editor);
      return true;
    }
    if (event.key !== "Delete" && event.key !== "Backspace") return false;
    return heldVertices.remove(editor);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   * @param {Editor} editor
   */
  draw(context, transform, editor) {
    const gesture = this._gesture;
    for (const object of (gesture?.after ?? []).slice(0, MOST_DRAWN)) {
      drawShape(context, transform, object.shape, colorOf(editor, object.label));
    }
    if (gesture?.what === "frame" && gesture.begun && this._hot) {
      drawFrame(context, transform, [gesture.from.x, gesture.from.y, ...this._hot]);
    } else if (this._hot) drawHot(context, transform, ...this._hot);
    if (!gesture?.begun) heldVertices.draw(context, transform, editor);
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   * @param {Omit<Gesture, "what">} start
   * @returns {Gesture | null}
   */
  _onHandle(event, editor, start) {
    const object = single(editor);
    const held = object && hold(object, event, editor);
    if (!object || !held) {
      heldVertices.clear();
      return null;
    }
    heldVertices.take(object, held.handle, event.shift);
    editor.viewer.invalidate("top");
    const made = (/** @type {number} */ x, /** @type {number} */ y) => [dragged(held.object, held.handle, x, y)];
    return { ...start, what: "shape", before: [object], made, hit: object.id };
  }

  /**
   * @param {ToolEvent} event
   * @param {Editor} editor
   * @param {Omit<Gesture, "what">} start
   * @returns {Gesture}
   */
  _onObject(event, editor, start) {
    const hit = editor.viewer.objects.hit(event.x, event.y, imageLength(editor, reach(event))) ?? "";
    if (!hit) return { ...start, what: "frame" };
    if (!editor.selection.value.has(hit) && !event.shift) editor.selection.value = new Set([hit]);
    const before = event.shift && !editor.selection.value.has(hit) ? [] : unlocked(editor);
    const copies = event.alt ? before.map((object) => ({ ...object, ...fresh(editor) })) : before;
    const made = (/** @type {number} */ x, /** @type {number} */ y) =>
      copies.map((object) => moved(object, x - start.from.x, y - start.from.y));
    return { ...start, what: "move", hit, before, made };
  }

  /**
   * What is hidden while its preview is drawn; the originals stay where copies are dragged.
   * @param {Gesture} gesture
   */
  _hides({ before, made, from }) {
    const ids = new Set(made(from.x, from.y).map(({ id }) => id));
    return before
      .filter(({ id }) => ids.has(id))
      .slice(0, MOST_DRAWN)
      .map(({ id }) => id);
  }

  /**
   * Show what a press would take hold of.
   * @param {ToolEvent} event
   * @param {Editor} editor
   */
  _hover(event, editor) {
    const object = single(editor);
    const tolerance = imageLength(editor, reach(event));
    const scale = editor.viewer.transform.value.scale;
    const at =
      object &&
      (handleAt(object, scale, event.x, event.y, tolerance) ??
        edgeMiddleAt(object, scale, event.x, event.y, tolerance));
    editor.viewer.objects.hover.value = at ? null : editor.viewer.objects.hit(event.x, event.y, tolerance);
    const hot = at ? /** @type {[number, number]} */ ([at.x, at.y]) : null;
    if (hot?.[0] === this._hot?.[0] && hot?.[1] === this._hot?.[1]) return;
    this._hot = hot;
    editor.viewer.invalidate("top");
  }

  /** @param {Editor} editor */
  _giveUp(editor) {
    this._gesture = null;
    editor.viewer.objects.suppress([]);
    editor.viewer.invalidate("top");
  }
}

export const select = new SelectTool();
