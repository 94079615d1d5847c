import { css, lighter } from "./palette.js";

/** @typedef {import("./palette.js").Rgb} Rgb */

/**
 * What of an object's state is seen.
 * @typedef {Object} Appearance
 * @property {Rgb} color
 * @property {boolean} selected
 * @property {boolean} locked
 * @property {boolean} ignored
 * @property {boolean} proposed
 * @property {boolean} small on the screen: a thin plain line says as much, and is drawn three times as fast
 * @property {boolean} point too small for dashes at every zoom
 */

/**
 * How a batch of objects is drawn; equal styles are one value.
 * @typedef {Object} Style
 * @property {number} rank what is drawn later, on top
 * @property {string} color of the outline, and of the hatching
 * @property {string} fill
 * @property {boolean} hatched
 * @property {number} width of the line, device pixels
 * @property {string} casing colour of a wider line below the outline, or ""
 * @property {number[]} dash device pixels
 */

/** Makes and keeps the styles of one set of display options. */
export class Styles {
  /**
   * @param {{fill: number, width: number}} options
   * @param {number} ratio device pixels a CSS pixel
   */
  constructor({ fill, width }, ratio) {
    this._fill = fill;
    this._width = width;
    this._ratio = ratio;
    /** @type {Map<number, Style>} */
    this._known = new Map();
  }

  /**
   * @param {Appearance} appearance
   * @returns {Style}
   */
  of(appearance) {
    const { color, selected, locked, ignored, proposed, small, point } = appearance;
    const flags = +selected + 2 * +locked + 4 * +ignored + 8 * +proposed + 16 * +small + 32 * +point;
    const key = flags * 0x1000000 + color[0] * 0x10000 + color[1] * 0x100 + color[2];
    const known = this._known.get(key);
    if (known) return known;
    const made = this._made(appearance);
    this._known.set(key, made);
    return made;
  }

  /**
   * @param {Appearance} appearance
   * @returns {Style}
   */
  _made({ color, selected, locked, ignored, proposed, small, point }) {
    const isDashed = proposed && !small && !point;
    const strength = locked && !selected ? 0.45 : 1;
    const inside = (selected && small ? 0.6 : proposed ? this._fill * 0.6 : this._fill) * strength;
    const line = selected ? lighter(color, small ? 0.8 : 0.35) : color;
    const width = small ? 1 : this._ratio * (this._width + (selected ? 0.5 : 0));
    return {
      rank: (selected ? 4 : 0) + (proposed ? 0 : 2) + (small ? 0 : 1),
      color: css(line, proposed && !isDashed ? 0.7 * strength : strength),
      fill: ignored ? "" : css(color, inside),
      hatched: ignored,
      width,
      casing: selected && !small ? "rgb(255 255 255 / 0.8)" : "",
      dash: isDashed ? [5 * this._ratio, 4 * this._ratio] : [],
    };
  }
}
