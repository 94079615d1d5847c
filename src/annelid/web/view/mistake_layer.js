import { COLORS } from "../core/mistakes.js";

/** @typedef {import("../core/mistakes.js").Mistake} Mistake */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Shape} Shape */
/** @typedef {import("../types.js").Transform} Transform */

/** Under the colour of a kind, which the class of the truth may have as well. */
const CASING = "rgb(0 0 0 / 0.65)";
const RIGHT = "rgb(255 255 255 / 0.55)";

/** Draws what a model predicted over the truth: what is right thin, what is wrong in the colour of its kind. */
export class MistakeLayer {
  constructor() {
    /** @type {Map<string, Path2D>} */
    this._paths = new Map();
    this._right = new Path2D();
    /** @type {Mistake | null} */
    this.current = null;
    this.showsRight = true;
    /** @type {Mistake[]} */
    this._mistakes = [];
    /** @type {Map<string, Shape>} */
    this._shapes = new Map();
  }

  /**
   * @param {ImageObject[]} predicted
   * @param {Mistake[]} mistakes that are shown
   * @param {Set<string>} wrong ids of every prediction that is wrong, shown or not
   * @param {(id: string) => Shape | undefined} truth outline of a true object
   */
  fill(predicted, mistakes, wrong, truth) {
    this._mistakes = mistakes;
    this._shapes = new Map(predicted.map(({ id, shape }) => [id, shape]));
    this._right = new Path2D();
    for (const { id, shape } of predicted) if (!wrong.has(id)) trace(this._right, shape);
    this._paths = new Map();
    for (const mistake of mistakes) {
      const shape = mistake.is_predicted ? this._shapes.get(mistake.id) : truth(mistake.id);
      if (!mistake.is_predicted && shape) this._shapes.set(mistake.id, shape);
      if (shape) trace(this._path(mistake.kind), shape);
    }
  }

  /** @param {string} kind */
  _path(kind) {
    const path = this._paths.get(kind) ?? new Path2D();
    this._paths.set(kind, path);
    return path;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   */
  draw(context, { scale, x, y }) {
    context.save();
    context.translate(x, y);
    context.scale(scale, scale);
    context.lineJoin = "round";
    if (this.showsRight) line(context, this._right, RIGHT, 1 / scale, [4 / scale, 3 / scale]);
    for (const path of this._paths.values()) line(context, path, CASING, 4 / scale, []);
    for (const [kind, path] of this._paths)
      line(context, path, COLORS[kind] ?? RIGHT, 2 / scale, kind === "missed" ? [] : [7 / scale, 3 / scale]);
    this._drawCurrent(context, scale);
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} scale
   */
  _drawCurrent(context, scale) {
    if (!this.current || !this._mistakes.includes(this.current)) return;
    const shape = this._shapes.get(this.current.id);
    const path = new Path2D();
    if (shape) trace(path, shape);
    const color = COLORS[this.current.kind] ?? RIGHT;
    line(context, path, "rgb(0 0 0 / 0.6)", 6 / scale, []);
    line(context, path, color, 3 / scale, []);
    const [x1, y1, x2, y2] = this.current.box_xyxy;
    const room = 10 / scale;
    context.strokeStyle = "rgb(255 255 255 / 0.9)";
    context.setLineDash([]);
    context.lineWidth = 1 / scale;
    context.strokeRect(x1 - room, y1 - room, x2 - x1 + 2 * room, y2 - y1 + 2 * room);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path in image pixels
 * @param {string} color
 * @param {number} width
 * @param {number[]} dash
 */
function line(context, path, color, width, dash) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke(path);
}

/**
 * @param {Path2D} path
 * @param {Shape} shape
 */
function trace(path, shape) {
  for (const ring of shape.flat()) {
    for (let n = 0; n < ring.length; n += 2) {
      if (n) path.lineTo(ring[n] ?? 0, ring[n + 1] ?? 0);
      else path.moveTo(ring[0] ?? 0, ring[1] ?? 0);
    }
    path.closePath();
  }
}
