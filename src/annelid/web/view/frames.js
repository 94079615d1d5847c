// Drawing what is out of date, at most once an animation frame.

/** @typedef {"image" | "objects" | "top"} Part */

export class Frames {
  /** @param {(parts: Set<Part>) => void} draw */
  constructor(draw) {
    this._draw = draw;
    this._frame = 0;
    this._isClosed = false;
    /** @type {Set<Part>} */
    this._stale = new Set();
  }

  /**
   * Have parts drawn in the next frame.
   * @param {...Part} parts
   */
  invalidate(...parts) {
    for (const part of parts) this._stale.add(part);
    if (!this._frame && !this._isClosed) this._frame = requestAnimationFrame(() => this.now());
  }

  /**
   * Draw what is out of date, and these parts, at once.
   * @param {...Part} parts
   */
  now(...parts) {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    const stale = new Set([...this._stale, ...parts]);
    this._stale.clear();
    this._draw(stale);
  }

  /** Draw no more. */
  close() {
    this._isClosed = true;
    cancelAnimationFrame(this._frame);
  }
}
