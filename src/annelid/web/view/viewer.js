// The picture with everything over it: three canvases, one transform, and the active tool.

import { h } from "../dom.js";
import { Signal } from "../signal.js";
import { isSamePlane } from "../core/planes.js";
import { centred, fitted, held, scaleLimits, scaledAt, toImage, toScreen } from "../core/transform.js";
import { Frames } from "./frames.js";
import { loading } from "./loading.js";
import { Picture } from "./picture.js";
import { Pointer } from "./pointer.js";
import { scaleBar } from "./scale_bar.js";
import { TopLayer } from "./top_layer.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Tool} Tool */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */
/** @typedef {import("./object_layer.js").ObjectLayer} ObjectLayer */
/** @typedef {import("./make_image_layer.js").Renderer} Renderer */
/** @typedef {import("./frames.js").Part} Part */

const NOTHING = { width: 1, height: 1 };

export class Viewer {
  /**
   * @param {HTMLElement} host is filled
   * @param {{channels: Signal<Channel[]>, renderer?: Renderer}} options how channels are shown; who draws the image
   */
  constructor(host, { channels, renderer = "auto" }) {
    this.host = host;
    this.channels = channels;
    /** @type {Signal<Transform>} */
    this.transform = new Signal({ scale: 1, x: 0, y: 0 });
    /** Where the pointer is, in image pixels; null outside of the viewer. @type {Signal<{x: number, y: number} | null>} */
    this.cursor = new Signal(/** @type {{x: number, y: number} | null} */ (null));
    /** What is on its way, and why something cannot be shown. */
    this.state = new Signal({ pending: 0, problem: "" });
    /** CSS pixels of the viewer, and device pixels of one of them. */
    this.screen = { width: 1, height: 1, ratio: 1 };
    /** @type {Tool | null} */
    this.tool = null;
    /** @type {Editor | null} */
    this.editor = null;
    /** Set by `attach`. @type {ObjectLayer} */
    this.objects = /** @type {any} */ (null);
    this._frames = new Frames((parts) => this._draw(parts));
    this._isFitted = true;
    this.image = new Picture(this, renderer);
    this.objectCanvas = h("canvas", { class: "viewer-objects" });
    this._top = new TopLayer(this);
    this._scaleBar = scaleBar(this);
    this._loading = loading(this);
    this._pointer = new Pointer(this);
    this._fillHost();
    this._observer = new ResizeObserver(() => this._resize());
    this._observer.observe(host);
    this._leave = [
      channels.subscribe(() => this.image.setChannels()),
      this.transform.subscribe(() => {
        this._isFitted = false;
        this.invalidate("image", "objects", "top");
      }),
    ];
    this._resize();
  }

  _fillHost() {
    this.host.classList.add("viewer");
    this.host.tabIndex = 0;
    if (!this.host.hasAttribute("role")) this.host.setAttribute("role", "application");
    if (!this.host.hasAttribute("aria-label")) this.host.setAttribute("aria-label", "Image");
    const canvases = [this.image.canvas, this.objectCanvas, this._top.canvas];
    this.host.replaceChildren(...canvases, this._scaleBar.element, this.image.minimap.element, this._loading.element);
  }

  /** Where pixels come from: facts, raw values. */
  get source() {
    return this.image.source;
  }

  /** What is drawn over everything but the tool's preview. */
  get overlays() {
    return this._top.overlays;
  }

  /** Width and height of the image in pixels; 1 x 1 while there is none. */
  get size() {
    const size = this.source.facts?.size_wh;
    return size ? { width: size[0], height: size[1] } : NOTHING;
  }

  /**
   * Show a view.
   * @param {string} viewId
   * @param {PixelFacts} facts of its pixels
   * @param {{t: number, z: number, projection?: string}} [plane] the view's own by default
   */
  load(viewId, facts, plane = facts.plane) {
    this.source.open(viewId, facts, { projection: "", ...plane });
    this.state.value = { pending: 0, problem: "" };
    this.image.setChannels();
    this.image.minimap.resize();
    this.fit();
    this._scaleBar.update();
  }

  /**
   * Another plane of the same view.
   * @param {{t: number, z: number, projection?: string}} plane
   */
  showPlane(plane) {
    if (isSamePlane(plane, this.source.plane)) return;
    this.source.plane = { projection: "", ...plane };
    this.invalidate("image");
  }

  /**
   * What lies over the image: objects and tools.
   * @param {Editor} editor
   * @param {ObjectLayer} objects drawn on `objectCanvas`
   */
  attach(editor, objects) {
    this.editor = editor;
    this.objects = objects;
    this.invalidate("objects", "top");
  }

  /**
   * The tool that gets the pointer; the one before is told that it is put down.
   * @param {Tool | null} tool
   */
  setTool(tool) {
    if (tool === this.tool) return;
    if (this.editor) this.tool?.deactivate?.(this.editor);
    this.tool = tool;
    if (this.editor) tool?.activate?.(this.editor);
    this._pointer.showCursor();
    this.invalidate("top");
  }

  /**
   * @param {number} sx
   * @param {number} sy
   * @returns {[number, number]} image pixels
   */
  toImage(sx, sy) {
    return toImage(this.transform.value, sx, sy);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]} CSS pixels of the viewer
   */
  toScreen(x, y) {
    return toScreen(this.transform.value, x, y);
  }

  /** Show the whole image. */
  fit() {
    this._move(fitted(this.size, this.screen));
    this._isFitted = true;
  }

  /**
   * @param {number} scale CSS pixels of an image pixel
   * @param {[number, number]} [center] image pixels that come to the middle; the middle stays by default
   */
  zoomTo(scale, center = this.toImage(this.screen.width / 2, this.screen.height / 2)) {
    this._move(centred(scale, ...center, this.screen));
  }

  /**
   * @param {number} factor
   * @param {number} [sx] CSS pixels of the viewer that stay where they are; the middle by default
   * @param {number} [sy]
   */
  zoomBy(factor, sx = this.screen.width / 2, sy = this.screen.height / 2) {
    const now = this.transform.value;
    const [least, most] = scaleLimits(this.size, this.screen);
    this._move(scaledAt(now, Math.max(least, Math.min(most, now.scale * factor)), sx, sy));
  }

  /**
   * Bring a box of the image into sight, with room around it.
   * @param {[number, number, number, number]} box x1, y1, x2, y2
   * @param {number} [share] of the screen that it may fill
   */
  showBox([x1, y1, x2, y2], share = 0.4) {
    const { width, height } = this.screen;
    const scale = Math.min((width * share) / Math.max(1, x2 - x1), (height * share) / Math.max(1, y2 - y1), 16);
    this.zoomTo(Math.max(scale, fitted(this.size, this.screen).scale), [(x1 + x2) / 2, (y1 + y2) / 2]);
  }

  /**
   * @param {number} dx CSS pixels
   * @param {number} dy
   */
  panBy(dx, dy) {
    const { scale, x, y } = this.transform.value;
    this._move({ scale, x: x + dx, y: y + dy });
  }

  /** @param {Transform} transform */
  _move(transform) {
    const { scale, x, y } = held(transform, this.size, this.screen);
    const before = this.transform.value;
    if (before.scale !== scale || before.x !== x || before.y !== y) this.transform.value = { scale, x, y };
  }

  _resize() {
    const box = this.host.getBoundingClientRect();
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [Math.max(1, box.width), Math.max(1, box.height)];
    const [dx, dy] = [(width - this.screen.width) / 2, (height - this.screen.height) / 2];
    this.screen = { width, height, ratio };
    this.image.resize();
    for (const canvas of [this.objectCanvas, this._top.canvas]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (this._isFitted) this.fit();
    else this.panBy(dx, dy);
    this._scaleBar.update();
    this._frames.now("image", "objects", "top"); // a canvas that got a new size is empty until it is drawn
  }

  /**
   * Draw parts anew, in the next animation frame.
   * @param {...Part} parts
   */
  invalidate(...parts) {
    this._frames.invalidate(...parts);
  }

  /** @param {Set<Part>} parts */
  _draw(parts) {
    if (parts.has("image")) this.image.draw();
    if (parts.has("objects")) this.objects?.draw(this.transform.value);
    if (parts.has("top")) this._top.draw();
  }

  /** Let go of everything; the host is empty afterwards. */
  close() {
    this.setTool(null);
    this._frames.close();
    this._observer.disconnect();
    for (const part of [this._pointer, this._scaleBar, this._loading, this.image]) part.close();
    for (const leave of this._leave) leave();
    this.host.replaceChildren();
  }
}
