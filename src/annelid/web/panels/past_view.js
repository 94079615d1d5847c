import { TOOLS } from "../tools/index.js";
import { colorOf } from "../tools/preview.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Transform} Transform */

/** The objects of another time in the place of those of now; meanwhile the pointer only moves the image. */
export class PastView {
  /** @param {Editor} editor */
  constructor(editor) {
    this._editor = editor;
    /** @type {Annotation | null} */
    this._then = null;
    /** @type {(context: CanvasRenderingContext2D, transform: Transform) => void} */
    this._draw = (context, transform) => this._paint(context, transform);
  }

  /** @param {Annotation} then */
  show(then) {
    const { viewer, store, selection } = this._editor;
    this._then = then;
    selection.value = new Set();
    viewer.setTool(null);
    viewer.objects.suppress(store.objects.keys());
    viewer.overlays.add(this._draw);
    viewer.invalidate("top");
  }

  hide() {
    if (!this._then) return;
    const { viewer, tool } = this._editor;
    this._then = null;
    viewer.overlays.delete(this._draw);
    viewer.objects.suppress([]);
    viewer.setTool(TOOLS.find(({ id }) => id === tool.value) ?? null);
    viewer.invalidate("top");
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   */
  _paint(context, { scale, x, y }) {
    /** @type {Map<string, Path2D>} */
    const paths = new Map();
    for (const { label, shape } of this._then?.objects ?? []) {
      const path = paths.get(label) ?? new Path2D();
      for (const ring of shape.flat()) addRing(path, ring, scale, x, y);
      paths.set(label, path);
    }
    context.lineWidth = 1.5;
    context.setLineDash([2, 2]);
    for (const [label, path] of paths) {
      context.strokeStyle = colorOf(this._editor, label);
      context.stroke(path);
    }
    context.setLineDash([]);
  }
}

/**
 * @param {Path2D} path
 * @param {number[]} ring
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 */
function addRing(path, ring, scale, x, y) {
  if (ring.length === 2) path.arc(ring[0] * scale + x, ring[1] * scale + y, 4, 0, 2 * Math.PI);
  for (let i = 0; i < ring.length; i += 2) {
    if (i) path.lineTo(ring[i] * scale + x, ring[i + 1] * scale + y);
    else path.moveTo(ring[i] * scale + x, ring[i + 1] * scale + y);
  }
  path.closePath();
}
