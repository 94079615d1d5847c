import { Signal } from "../signal.js";
import { boxHolds, distanceToOutline, shapeArea, shapeContains } from "../core/geometry.js";
import { DEFAULT_DISPLAY } from "./display_options.js";
import { drawLabels } from "./labels.js";
import { ObjectPainter } from "./object_painter.js";
import { drawHandles, drawHover } from "./overlay.js";
import { Scene } from "./scene.js";
import { TilePicture } from "./tile_picture.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").Transform} Transform */
/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {import("../core/store.js").StoreEvent} StoreEvent */
/** @typedef {import("./scene.js").Entry} Entry */
/** @typedef {import("./paint.js").Place} Place */

/** CSS pixels that the lines of an object reach beyond its box: half a wide line, or the arm of a cross. */
const MARGIN = 8;
/** Selected objects beyond which none shows its handles: nobody drags vertices of so many. */
const MOST_HELD = 40;
/** Objects in view beyond which there is no room for labels. */
const MOST_LABELLED = 1000;

/** Draws the objects of the view over its image, and tells which are where. */
export class ObjectLayer {
  /**
   * @param {HTMLCanvasElement} canvas as many device pixels as it covers on the screen
   * @param {Editor} editor
   */
  constructor(canvas, editor) {
    this._canvas = canvas;
    this._context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this._editor = editor;
    /** @type {Signal<import("./display_options.js").DisplayOptions>} how objects are shown */
    this.options = new Signal(DEFAULT_DISPLAY);
    /** @type {Signal<string | null>} id of the object under the pointer; tools set it */
    this.hover = new Signal(/** @type {string | null} */ (null));
    /** @type {Set<string>} */
    this._suppressed = new Set();
    this._scene = new Scene(editor.store.objects.values());
    /** Device pixels a CSS pixel. */
    this._ratio = editor.viewer.screen.ratio;
    this._painter = new ObjectPainter(editor, this._scene, this.options, this._suppressed);
    this._picture = new TilePicture(
      (context, place, box) => this._painter.paint(context, place, box, this._ratio),
      () => this._invalidate(),
    );
    this._stops = this._listen();
  }

  /**
   * Draw all that is visible.
   * @param {Transform} transform
   */
  draw({ scale, x, y }) {
    const { width, height } = this._canvas;
    const ratio = this._noteRatio();
    const place = { scale: scale * ratio, x: x * ratio, y: y * ratio };
    const [imageWidth, imageHeight] = this._editor.view.size_wh;
    this._picture.setWhole(Math.min(width / imageWidth, height / imageHeight));
    this._context.setTransform(1, 0, 0, 1, 0, 0);
    this._context.clearRect(0, 0, width, height);
    this._picture.draw(this._context, place, { width, height });
    this._drawOver(place);
  }

  /**
   * Hide objects for now, in the place of those that were hidden so before: a tool draws them itself.
   * @param {Iterable<string>} ids
   */
  suppress(ids) {
    const next = new Set(ids);
    const different = changedBetween(this._suppressed, next);
    this._suppressed.clear();
    for (const id of next) this._suppressed.add(id);
    this._stale(different);
  }

  /**
   * The object at a point: the smallest of those that hold it, else the nearest outline.
   * @param {number} x image pixels
   * @param {number} y image pixels
   * @param {number} [tolerance] image pixels that an outline may be away
   * @returns {string | null}
   */
  hit(x, y, tolerance = 0) {
    const around = this._scene.query([x - tolerance, y - tolerance, x + tolerance, y + tolerance]);
    const near = around.filter((entry) => this._painter.isShown(entry));
    const holding = near.filter(({ object }) => shapeContains(object.shape, x, y));
    if (holding.length) return least(holding, ({ object }) => shapeArea(object.shape));
    const distance = (/** @type {Entry} */ { object }) => distanceToOutline(object.shape, x, y);
    return least(
      near.filter((entry) => distance(entry) <= tolerance),
      distance,
    );
  }

  /**
   * The visible objects that lie wholly in a box, in the order in which they are drawn.
   * @param {Box} box image pixels
   * @returns {string[]}
   */
  inBox(box) {
    return this._scene
      .query(box)
      .filter((entry) => boxHolds(box, entry.box) && this._painter.isShown(entry))
      .map((entry) => entry.object.id);
  }

  /**
   * Whether an object is drawn: it is not hidden, not suppressed, and no proposal below the least score.
   * @param {string} id
   */
  isShown(id) {
    const entry = this._scene.get(id);
    return entry !== undefined && this._painter.isShown(entry);
  }

  close() {
    this._stops.forEach((stop) => stop());
    this._picture.close();
  }

  _listen() {
    const { store, selection, hidden, locked, classes } = this._editor;
    return [
      store.subscribe((event) => this._follow(event)),
      ...[selection, hidden, locked].map((signal) => this._followIds(signal)),
      classes.subscribe(() => this._restyle()),
      this.options.subscribe(() => this._restyle()),
      this.hover.subscribe(() => this._invalidate()),
    ];
  }

  /** @param {Signal<Set<string>>} signal */
  _followIds(signal) {
    let before = signal.value;
    return signal.subscribe((now) => {
      this._stale(changedBetween(before, now));
      before = now;
    });
  }

  /** @param {StoreEvent} event */
  _follow({ change }) {
    const ids = [...change.upsert.map((object) => object.id), ...change.removed];
    this._stale(ids);
    for (const id of change.removed) this._scene.remove(id);
    for (const object of change.upsert) this._scene.put(object);
    this._stale(ids);
    if (!change.covered && !change.state) return;
    this._scene.forgetProposals();
    this._restyle();
  }

  _restyle() {
    this._painter.restyle();
    this._picture.allStale();
    this._invalidate();
  }

  /** @param {Iterable<string>} ids objects that look different from now on, where they are */
  _stale(ids) {
    for (const id of ids) {
      const entry = this._scene.get(id);
      if (entry) this._picture.stale(entry.box, MARGIN * this._ratio);
    }
    this._invalidate();
  }

  _invalidate() {
    this._editor.viewer.invalidate("objects");
  }

  _noteRatio() {
    const { ratio } = this._editor.viewer.screen;
    if (ratio !== this._ratio) this._picture.allStale();
    this._ratio = ratio;
    return ratio;
  }

  /**
   * Draw what is not part of the picture: the object under the pointer, labels, handles.
   * @param {Place} place
   */
  _drawOver(place) {
    const hovered = this._scene.get(this.hover.value ?? "");
    if (hovered && this._painter.isShown(hovered)) drawHover(this._context, hovered, place, this._ratio);
    drawLabels(this._context, this._labelled(place), this.options.value, place, this._ratio);
    drawHandles(this._context, this._held(), place, this._ratio);
  }

  /**
   * The objects in view, if they are large enough on the screen for labels.
   * @param {Place} place
   */
  _labelled({ scale, x, y }) {
    const { showClass, showScore, showId } = this.options.value;
    if (!(showClass || showScore || showId)) return [];
    const [width, height] = [this._canvas.width / scale, this._canvas.height / scale];
    const [imageWidth, imageHeight] = this._editor.view.size_wh;
    const share = Math.min(1, width / imageWidth) * Math.min(1, height / imageHeight);
    if (this._scene.size * share > MOST_LABELLED) return [];
    const seen = this._scene.query([-x / scale, -y / scale, width - x / scale, height - y / scale]);
    return seen.filter((entry) => this._painter.isShown(entry));
  }

  /** The selected objects that show handles. */
  _held() {
    const { selection, locked } = this._editor;
    if (selection.value.size > MOST_HELD) return [];
    const free = [...selection.value].filter((id) => !locked.value.has(id) && this.isShown(id));
    return free.map((id) => /** @type {Entry} */ (this._scene.get(id)));
  }
}

/**
 * The ids that are in one of two sets alone.
 * @param {Set<string>} before
 * @param {Set<string>} now
 */
function changedBetween(before, now) {
  return [...[...now].filter((id) => !before.has(id)), ...[...before].filter((id) => !now.has(id))];
}

/**
 * The id of the entry with the least value.
 * @param {Entry[]} entries
 * @param {(entry: Entry) => number} valueOf
 */
function least(entries, valueOf) {
  let [best, value] = [/** @type {string | null} */ (null), Infinity];
  for (const entry of entries) {
    const its = valueOf(entry);
    if (its < value) [best, value] = [entry.object.id, its];
  }
  return best;
}
