import { Batches } from "./batches.js";
import { Styles } from "./object_style.js";
import { colorsOf } from "./palette.js";
import { paintBatches } from "./paint.js";
import { piecesOf } from "./scene.js";
import { isPartlyCovered, paintVeil } from "./veil.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {import("./paint.js").Context} Context */
/** @typedef {import("./paint.js").Place} Place */
/** @typedef {import("./scene.js").Entry} Entry */

/** CSS pixels that an object's lines reach beyond its box, at most. */
const REACH = 8;
/** CSS pixels below which an object is drawn plainly. */
const SMALL = 14;

/** Draws the objects in a box as they are to look now. */
export class ObjectPainter {
  /**
   * @param {Editor} editor
   * @param {import("./scene.js").Scene} scene
   * @param {import("../signal.js").Signal<import("./display_options.js").DisplayOptions>} options
   * @param {Set<string>} suppressed ids that a tool draws itself
   */
  constructor(editor, scene, options, suppressed) {
    this._editor = editor;
    this._scene = scene;
    this._options = options;
    this._suppressed = suppressed;
    this._ratio = editor.viewer.screen.ratio;
    this._styles = new Styles(options.value, this._ratio);
    this._colorOf = colorsOf(options.value.colorBy, editor.classes.value);
  }

  /** Colours or options are others now. */
  restyle() {
    this._styles = new Styles(this._options.value, this._ratio);
    this._colorOf = colorsOf(this._options.value.colorBy, this._editor.classes.value);
  }

  /**
   * Draw what lies in a box.
   * @param {Context} context
   * @param {Place} place
   * @param {Box} box image pixels
   * @param {number} ratio device pixels a CSS pixel
   * @returns {boolean} whether there was anything
   */
  paint(context, place, box, ratio) {
    if (ratio !== this._ratio) {
      this._ratio = ratio;
      this.restyle();
    }
    const reach = (REACH * ratio) / place.scale;
    const isVeiled = this._veil(context, place);
    const near = this._scene.query([box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach]);
    const shown = near.filter((entry) => this.isShown(entry));
    paintBatches(context, this._batched(shown, place.scale), place, ratio);
    return isVeiled || shown.length > 0;
  }

  /** @param {Entry} entry */
  isShown(entry) {
    const { id, score } = entry.object;
    if (this._suppressed.has(id) || this._editor.hidden.value.has(id)) return false;
    return !(score !== null && score < this._options.value.minScore && this.isProposal(entry));
  }

  /** @param {Entry} entry */
  isProposal(entry) {
    entry.proposed ??= this._editor.store.proposal(entry.object);
    return entry.proposed;
  }

  /**
   * @param {Entry[]} entries
   * @param {number} scale device pixels an image pixel
   */
  _batched(entries, scale) {
    const batches = new Batches();
    for (const entry of entries) {
      const style = this._styleOf(entry, scale);
      for (const piece of piecesOf(entry)) batches.add(style, piece);
    }
    return batches.sorted();
  }

  /**
   * @param {Entry} entry
   * @param {number} scale
   */
  _styleOf(entry, scale) {
    const { object, box } = entry;
    return this._styles.of({
      color: this._colorOf(object),
      selected: this._editor.selection.value.has(object.id),
      locked: this._editor.locked.value.has(object.id),
      ignored: object.ignore,
      proposed: this.isProposal(entry),
      point: object.kind === "point",
      small: object.kind !== "point" && Math.max(box[2] - box[0], box[3] - box[1]) * scale < SMALL * this._ratio,
    });
  }

  /**
   * @param {Context} context
   * @param {Place} place
   */
  _veil(context, place) {
    const { store, view } = this._editor;
    if (!this._options.value.veil || !isPartlyCovered(store.covered, view.size_wh)) return false;
    paintVeil(context, store.covered, view.size_wh, place, this._ratio);
    return true;
  }
}
