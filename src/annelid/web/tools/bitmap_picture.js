/** @typedef {import("../core/raster.js").Bitmap} Bitmap */
/** @typedef {import("../types.js").Transform} Transform */

const ALPHA = 110;

/** A bitmap as a tinted picture, of which only what was painted is made anew. */
export class BitmapPicture {
  /** @param {string} color `#rrggbb` */
  constructor(color) {
    this._rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    this._canvas = document.createElement("canvas");
    /** @type {Bitmap | null} */
    this._bitmap = null;
  }

  /**
   * Show a bitmap, of which a box of the image changed since the last time.
   * @param {Bitmap} bitmap
   * @param {number[]} box x1, y1, x2, y2
   */
  update(bitmap, [x1, y1, x2, y2]) {
    const isNew = bitmap !== this._bitmap;
    if (isNew)
      [this._bitmap, this._canvas.width, this._canvas.height] = [bitmap, Math.max(bitmap.w, 1), Math.max(bitmap.h, 1)];
    const left = isNew ? 0 : Math.max(0, Math.floor(x1) - bitmap.x);
    const top = isNew ? 0 : Math.max(0, Math.floor(y1) - bitmap.y);
    const right = isNew ? bitmap.w : Math.min(bitmap.w, Math.ceil(x2) - bitmap.x);
    const bottom = isNew ? bitmap.h : Math.min(bitmap.h, Math.ceil(y2) - bitmap.y);
    if (right > left && bottom > top) this._put(bitmap, left, top, right - left, bottom - top);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Transform} transform
   */
  draw(context, { scale, x, y }) {
    const bitmap = this._bitmap;
    if (!bitmap) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(this._canvas, bitmap.x * scale + x, bitmap.y * scale + y, bitmap.w * scale, bitmap.h * scale);
  }

  /**
   * @param {Bitmap} bitmap
   * @param {number} left
   * @param {number} top
   * @param {number} width
   * @param {number} height
   */
  _put(bitmap, left, top, width, height) {
    const image = new ImageData(width, height);
    const [red, green, blue] = this._rgb;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!bitmap.data[(top + y) * bitmap.w + left + x]) continue;
        image.data.set([red, green, blue, ALPHA], 4 * (y * width + x));
      }
    }
    this._canvas.getContext("2d")?.putImageData(image, left, top);
  }
}
