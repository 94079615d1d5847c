// Mouse, pen, fingers and wheel on the viewer: two fingers, the middle button and the space bar move the image, all
// else goes to the tool.

import { distance, span } from "../core/fingers.js";
import { Wheel } from "../core/wheel.js";
import { wheelSetting } from "./wheel_setting.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {import("../core/fingers.js").Point} Point */

const TOUCH_DELAY_MS = 90;
const TOUCH_SLOP = 8;

export class Pointer {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this._viewer = viewer;
    this._wheel = new Wheel(() => wheelSetting.value);
    /** Fingers on the screen. @type {Map<number, Point>} */
    this._fingers = new Map();
    /** @type {"" | "pan" | "tool" | "pinch"} */
    this._gesture = "";
    /** @type {Point} */
    this._last = { sx: 0, sy: 0 };
    /** Where the pointer is; null outside of the viewer. @type {Point | null} */
    this._at = null;
    this._isSpaceDown = false;
    /** A finger's first touch, until it is clear that no second one follows. @type {(() => void) | null} */
    this._waiting = null;
    this._timer = 0;
    this._abort = new AbortController();
    this._stop = viewer.transform.subscribe(() => this._showPlace());
    this._listen();
  }

  _listen() {
    const { host } = this._viewer;
    const { signal } = this._abort;
    host.addEventListener("pointerdown", (event) => this._down(event), { signal });
    host.addEventListener("pointermove", (event) => this._move(event), { signal });
    host.addEventListener("pointerup", (event) => this._up(event), { signal });
    host.addEventListener("pointercancel", (event) => this._up(event), { signal });
    host.addEventListener("pointerleave", () => this._leave(), { signal });
    host.addEventListener("dblclick", (event) => this._doubleClick(event), { signal });
    host.addEventListener("wheel", (event) => this._turn(event), { signal, passive: false });
    host.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    window.addEventListener("keydown", (event) => this._space(event, true), { signal });
    window.addEventListener("keyup", (event) => this._space(event, false), { signal });
    window.addEventListener("blur", () => this._setSpace(false), { signal });
  }

  _leave() {
    this._at = null;
    this._showPlace();
  }

  /** Where in the image the pointer is: also when the image moves below it. */
  _showPlace() {
    const [x, y] = this._at ? this._viewer.toImage(this._at.sx, this._at.sy) : [0, 0];
    this._viewer.cursor.value = this._at && { x, y };
  }

  /** @param {PointerEvent} event */
  _down(event) {
    const { host } = this._viewer;
    const point = this._point(event);
    host.focus({ preventScroll: true });
    if (event.button === 1) event.preventDefault(); // no scrolling by itself
    capture(host, event.pointerId);
    if (event.pointerType === "touch") return this._touch(event, point);
    if (this._gesture) return;
    this._last = point;
    const moves = event.button === 1 || this._isSpaceDown || !this._viewer.tool;
    this._begin(moves ? "pan" : "tool");
    if (!moves) this._tell("down", event);
  }

  /**
   * @param {PointerEvent} event
   * @param {Point} point
   */
  _touch(event, point) {
    this._fingers.set(event.pointerId, point);
    if (this._fingers.size > 1) return this._pinch();
    this._last = point;
    if (!this._viewer.tool) return this._begin("pan");
    this._waiting = () => {
      this._forgetTouch();
      this._begin("tool");
      this._tell("down", event);
    };
    this._timer = window.setTimeout(() => this._waiting?.(), TOUCH_DELAY_MS);
  }

  /** Two fingers move the image; what the first began alone is given up. */
  _pinch() {
    this._forgetTouch();
    const { tool, editor } = this._viewer;
    if (this._gesture === "tool" && editor) tool?.key?.(new KeyboardEvent("keydown", { key: "Escape" }), editor);
    this._begin("pinch");
  }

  _forgetTouch() {
    window.clearTimeout(this._timer);
    this._waiting = null;
  }

  /** @param {"pan" | "tool" | "pinch"} gesture */
  _begin(gesture) {
    this._gesture = gesture;
    this.showCursor();
  }

  /** @param {PointerEvent} event */
  _move(event) {
    const point = this._point(event);
    this._at = point;
    this._showPlace();
    if (this._gesture === "pinch") return this._movePinch(event.pointerId, point);
    if (this._waiting && distance(point, this._last) > TOUCH_SLOP) this._waiting();
    if (this._gesture === "pan") {
      this._viewer.panBy(point.sx - this._last.sx, point.sy - this._last.sy);
      this._last = point;
    } else if (this._gesture === "tool") {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) this._tell("move", one);
    } else if (!this._waiting && event.pointerType !== "touch") this._tell("move", event);
  }

  /**
   * @param {number} id
   * @param {Point} point
   */
  _movePinch(id, point) {
    const before = span(this._fingers);
    this._fingers.set(id, point);
    const now = span(this._fingers);
    if (!before || !now) return;
    this._viewer.panBy(now.sx - before.sx, now.sy - before.sy);
    this._viewer.zoomBy(now.length / before.length, now.sx, now.sy);
  }

  /** @param {PointerEvent} event */
  _up(event) {
    this._fingers.delete(event.pointerId);
    this._waiting?.();
    if (this._gesture === "tool") this._tell("up", event);
    if (this._gesture !== "pinch" || !this._fingers.size) this._gesture = "";
    this.showCursor();
  }

  /** @param {MouseEvent} event */
  _doubleClick(event) {
    const { tool, editor } = this._viewer;
    const point = this._point(event);
    if (tool?.doubleClick && editor) tool.doubleClick(this._event(event), editor);
    else if (!tool) this._viewer.zoomBy(2, point.sx, point.sy);
  }

  /** @param {WheelEvent} event */
  _turn(event) {
    if (event.altKey) return; // tools may want it
    event.preventDefault();
    const meaning = this._wheel.meaning(event);
    const { sx, sy } = this._point(event);
    if ("zoom" in meaning) this._viewer.zoomBy(meaning.zoom, sx, sy);
    else this._viewer.panBy(meaning.dx, meaning.dy);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {boolean} isDown
   */
  _space(event, isDown) {
    if (event.key !== " " || isControl(event.target)) return;
    if (isDown) event.preventDefault(); // no scrolling
    this._setSpace(isDown);
  }

  /** @param {boolean} isDown */
  _setSpace(isDown) {
    this._isSpaceDown = isDown;
    this.showCursor();
  }

  /** Show what the pointer would do. */
  showCursor() {
    const { host, tool } = this._viewer;
    const moves = this._gesture === "pan" || this._gesture === "pinch";
    host.style.cursor = moves ? "grabbing" : this._isSpaceDown || !tool ? "grab" : tool.cursor;
  }

  /**
   * @param {"down" | "move" | "up"} what
   * @param {PointerEvent} event
   */
  _tell(what, event) {
    const { tool, editor } = this._viewer;
    if (editor) tool?.[what]?.(this._event(event), editor);
  }

  /**
   * @param {MouseEvent} event
   * @returns {Point}
   */
  _point(event) {
    const box = this._viewer.host.getBoundingClientRect();
    return { sx: event.clientX - box.left, sy: event.clientY - box.top };
  }

  /**
   * @param {MouseEvent | PointerEvent} event
   * @returns {ToolEvent}
   */
  _event(event) {
    const { sx, sy } = this._point(event);
    const [x, y] = this._viewer.toImage(sx, sy);
    const [pointer, pressure] = "pointerType" in event ? [event.pointerType, event.pressure] : ["mouse", 0.5];
    const { shiftKey: shift, altKey: alt, button } = event;
    return { x, y, sx, sy, shift, alt, ctrl: event.ctrlKey || event.metaKey, button, pointer, pressure };
  }

  /** Listen no more. */
  close() {
    this._forgetTouch();
    this._stop();
    this._abort.abort();
  }
}

/**
 * Keep the pointer's events even when it leaves the viewer.
 * @param {HTMLElement} host
 * @param {number} pointer
 */
function capture(host, pointer) {
  try {
    host.setPointerCapture(pointer);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // it was lifted already
  }
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, button, a, summary, [contenteditable]")
  );
}
