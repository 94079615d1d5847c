// Where a pointer is, in terms that tools need.

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {{x: number, y: number, sx: number, sy: number}} Place */

/**
 * The place of an event, within the image.
 * @param {ToolEvent} event
 * @param {Editor} editor
 * @returns {[number, number]}
 */
export function inside(event, editor) {
  const [width, height] = editor.view.size_wh;
  return [Math.min(Math.max(event.x, 0), width), Math.min(Math.max(event.y, 0), height)];
}

/**
 * How near a pointer has to come to something small, in CSS pixels.
 * @param {ToolEvent} event
 */
export function reach(event) {
  return event.pointer === "touch" ? 18 : 8;
}

/**
 * Whether a pointer went far enough from where it was pressed to mean a drag.
 * @param {{sx: number, sy: number}} from
 * @param {ToolEvent} event
 */
export function isDrag(from, event) {
  return Math.hypot(event.sx - from.sx, event.sy - from.sy) > (event.pointer === "touch" ? 8 : 4);
}

/**
 * The image pixels that a length on the screen is.
 * @param {Editor} editor
 * @param {number} length CSS pixels
 */
export function imageLength(editor, length) {
  return length / editor.viewer.transform.value.scale;
}
