/**
 * What tells one tool from another of its kind.
 * @typedef {Pick<import("../types.js").Tool, "id" | "title" | "icon" | "keys" | "hint">} About
 */

/** What tools of which there are several have in common. */
export class DrawingTool {
  cursor = "crosshair";

  /** @param {About} about */
  constructor({ id, title, icon, keys, hint }) {
    this.id = id;
    this.title = title;
    this.icon = icon;
    this.keys = keys;
    this.hint = hint;
  }
}
