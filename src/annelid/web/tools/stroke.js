import { paint } from "../core/brush.js";
import { blank, cropped, shapeBitmap } from "../core/raster.js";
import { bitmapShape } from "../core/trace.js";
import { BitmapPicture } from "./bitmap_picture.js";
import { colorOf } from "./preview.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/** What one stroke does to one object, or to one that is being made. */
export class Stroke {
  /**
   * @param {Editor} editor
   * @param {ImageObject | null} object null makes a new one
   * @param {0 | 1} value 0 rubs out
   */
  constructor(editor, object, value) {
    this.object = object;
    this._editor = editor;
    this._value = value;
    this._bitmap = object ? shapeBitmap(object.shape) : blank({ x: 0, y: 0, w: 0, h: 0 });
    this._picture = new BitmapPicture(colorOf(editor, object?.label));
    this._picture.update(this._bitmap, [0, 0, 0, 0]);
  }

  /**
   * Go on along a line.
   * @param {number[]} line x0, y0, x1, y1
   * @param {number} radius
   */
  along([x0, y0, x1, y1], radius) {
    this._bitmap = paint(this._bitmap, x0, y0, x1, y1, radius, this._value);
    const reach = Math.max(radius, 1) + 1;
    const box = [
      Math.min(x0, x1) - reach,
      Math.min(y0, y1) - reach,
      Math.max(x0, x1) + reach,
      Math.max(y0, y1) + reach,
    ];
    this._picture.update(this._bitmap, box);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("../types.js").Transform} transform
   */
  draw(context, transform) {
    this._picture.draw(context, transform);
  }

  /** What is left within the image. */
  shape() {
    const [width, height] = this._editor.view.size_wh;
    const { x, y, w, h } = this._bitmap;
    const [left, top] = [Math.max(x, 0), Math.max(y, 0)];
    const window = {
      x: left,
      y: top,
      w: Math.max(Math.min(x + w, width) - left, 0),
      h: Math.max(Math.min(y + h, height) - top, 0),
    };
    return bitmapShape(cropped(this._bitmap, window));
  }
}
