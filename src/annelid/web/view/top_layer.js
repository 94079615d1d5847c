// What lies over everything: the tool's preview, and what others add.

import { h } from "../dom.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {(context: CanvasRenderingContext2D, transform: import("../types.js").Transform) => void} Overlay */

export class TopLayer {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this._viewer = viewer;
    this.canvas = h("canvas", { class: "viewer-top" });
    /** Drawn below the tool's preview. @type {Set<Overlay>} */
    this.overlays = new Set();
  }

  /** Draw all of it anew. */
  draw() {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { screen, transform, tool, editor } = this._viewer;
    context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
    context.clearRect(0, 0, screen.width + 1, screen.height + 1);
    for (const draw of this.overlays) draw(context, transform.value);
    if (editor) tool?.draw?.(context, transform.value, editor);
  }
}
