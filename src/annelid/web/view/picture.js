// The image in the viewer: where its tiles come from, who draws them, and its overview.

import { ImageSource } from "./image_source.js";
import { makeImageLayer } from "./make_image_layer.js";
import { Minimap } from "./minimap.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./make_image_layer.js").Renderer} Renderer */

export class Picture {
  /**
   * @param {Viewer} viewer
   * @param {Renderer} renderer
   */
  constructor(viewer, renderer) {
    this._viewer = viewer;
    /** Whether the last problem was the line, not the image. */
    this._isPassing = false;
    this.source = new ImageSource({
      loaded: (hasCome) => this._look(hasCome),
      failed: (error) => this._tell(error),
    });
    this._made = makeImageLayer(renderer, () => this._goOnWithout());
    this.minimap = new Minimap(viewer, this.source);
  }

  /** The canvas that it is drawn on; another one after the graphics card was lost. */
  get canvas() {
    return this._made.canvas;
  }

  /** Who draws: `webgl2` or `2d`. */
  get kind() {
    return this._made.kind;
  }

  /** @param {boolean} hasCome whether a tile has come */
  _look(hasCome) {
    const { state } = this._viewer;
    if (hasCome && this._isPassing && state.value.problem) state.value = { ...state.value, problem: "" };
    this._viewer.invalidate("image");
  }

  /** @param {Error} error */
  _tell(error) {
    const { state } = this._viewer;
    this._isPassing = !("status" in error) || Number(error.status) === 0 || Number(error.status) >= 500;
    state.value = { ...state.value, problem: error.message };
  }

  /** The graphics card was lost: go on without it. */
  _goOnWithout() {
    const before = this._made.canvas;
    this._made = makeImageLayer("2d", () => {});
    before.replaceWith(this._made.canvas);
    this.setChannels();
    this.resize();
    this._viewer.invalidate("image");
  }

  /** Take the channels' new settings. */
  setChannels() {
    const { facts } = this.source;
    if (!facts) return;
    const channels = this._viewer.channels.value;
    this.source.channels = channels.flatMap((channel, index) => (channel.shown ? [index] : []));
    this._made.layer.setChannels(channels, facts.dtype);
    this.minimap.setChannels(channels, facts.dtype);
    this._viewer.invalidate("image");
  }

  /** Take the size of the viewer, or of another image. */
  resize() {
    const { width, height, ratio } = this._viewer.screen;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.minimap.resize();
  }

  /** Draw what is there, and ask for what is not. */
  draw() {
    const { transform, screen, state } = this._viewer;
    const isUnfinished = this._made.layer.draw(this.source.pieces(transform.value, screen));
    if (this.minimap.draw() || isUnfinished) this._viewer.invalidate("image");
    const { pending } = this.source;
    if (pending !== state.value.pending) state.value = { ...state.value, pending };
  }

  /** Let go of everything. */
  close() {
    this.minimap.close();
    this.source.close();
    this._made.close();
  }
}
