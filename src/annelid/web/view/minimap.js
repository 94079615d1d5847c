// The whole image, small, with a frame round what is in sight; a click goes there.

import { h } from "../dom.js";
import { fitted, toImage, toScreen, visibleBox } from "../core/transform.js";
import { ImageLayer2d } from "./image_layer_2d.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

const LONGEST = 150;

export class Minimap {
  /**
   * @param {Viewer} viewer
   * @param {import("./image_source.js").ImageSource} source
   */
  constructor(viewer, source) {
    this._viewer = viewer;
    this._source = source;
    this._canvas = h("canvas", {});
    this._frame = h("div", { class: "minimap-frame" });
    const label = "Overview of the whole image: click to go there";
    this.element = h(
      "div",
      { class: "minimap", id: "minimap", role: "img", "aria-label": label },
      this._canvas,
      this._frame,
    );
    this.element.hidden = true;
    // Some browsers cut what lies below an opaque canvas out of WebGL, at the wrong place.
    this._layer = new ImageLayer2d(this._canvas, { isOpaque: false });
    this._screen = { width: 1, height: 1, ratio: 1 };
    this._abort = new AbortController();
    this._leave = viewer.transform.subscribe(() => this._showFrame());
    this._listen();
  }

  _listen() {
    const { signal } = this._abort;
    const go = (/** @type {PointerEvent} */ event) => {
      event.stopPropagation();
      if (event.type === "pointerdown") this.element.setPointerCapture(event.pointerId);
      if (event.buttons & 1) this._goTo(event);
    };
    for (const type of /** @type {const} */ (["pointerdown", "pointermove", "pointerup"])) {
      this.element.addEventListener(type, go, { signal });
    }
    this.element.addEventListener("dblclick", (event) => event.stopPropagation(), { signal });
  }

  /** @param {PointerEvent} event */
  _goTo(event) {
    const box = this.element.getBoundingClientRect();
    const place = toImage(this._transform, event.clientX - box.left, event.clientY - box.top);
    this._viewer.zoomTo(this._viewer.transform.value.scale, place);
  }

  get _transform() {
    return fitted(this._viewer.size, this._screen, 0);
  }

  /** Another image or another place on the page: take the right size. */
  resize() {
    const { size, screen } = this._viewer;
    const scale = LONGEST / Math.max(size.width, size.height);
    const [width, height] = [Math.max(8, size.width * scale), Math.max(8, size.height * scale)];
    this._screen = { width, height, ratio: screen.ratio };
    this._canvas.width = Math.round(width * screen.ratio);
    this._canvas.height = Math.round(height * screen.ratio);
    this.element.style.width = `${width}px`;
    this.element.style.height = `${height}px`;
    this.draw();
    this._showFrame();
  }

  /**
   * How channels are shown from now on.
   * @param {import("../types.js").Channel[]} channels
   * @param {import("../core/lookup.js").PixelType} dtype
   */
  setChannels(channels, dtype) {
    this._layer.setChannels(channels, dtype);
  }

  /**
   * Draw the picture, where it can be seen.
   * @returns {boolean} whether something is left for the next frame
   */
  draw() {
    if (this.element.hidden) return false;
    return this._layer.draw(this._source.overview(this._transform, this._screen));
  }

  /** The frame; nothing at all while the whole image is in sight. */
  _showFrame() {
    const { size, screen, transform } = this._viewer;
    const [x1, y1, x2, y2] = visibleBox(transform.value, size, screen);
    const seesAll = x1 <= 0 && y1 <= 0 && x2 >= size.width && y2 >= size.height;
    const wasHidden = this.element.hidden;
    this.element.hidden = seesAll || !this._source.facts;
    if (this.element.hidden) return;
    if (wasHidden) this._viewer.invalidate("image");
    const [left, top] = toScreen(this._transform, x1, y1);
    const [right, bottom] = toScreen(this._transform, x2, y2);
    const { style } = this._frame;
    style.transform = `translate(${left}px, ${top}px)`;
    style.width = `${Math.max(3, right - left)}px`;
    style.height = `${Math.max(3, bottom - top)}px`;
  }

  /** Listen no more. */
  close() {
    this._leave();
    this._abort.abort();
    this._layer.close();
  }
}
