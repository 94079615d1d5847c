/**
 * How objects are shown; `editor.viewer.objects.options` is a Signal of one. Replaced, never changed in place.
 * @typedef {Object} DisplayOptions
 * @property {number} fill opacity of the inside, 0..1
 * @property {number} width of an outline, CSS pixels
 * @property {"class" | "object" | "score" | "author"} colorBy
 * @property {boolean} showClass as a label, where there is room
 * @property {boolean} showScore as a label
 * @property {boolean} showId as a label
 * @property {number} minScore proposals with a lower score are not shown, 0..1
 * @property {boolean} veil whether what nobody has completed yet is darkened, once a part is complete
 */

/** @type {Readonly<DisplayOptions>} */
export const DEFAULT_DISPLAY = Object.freeze({
  fill: 0.2,
  width: 1.5,
  colorBy: "class",
  showClass: false,
  showScore: true,
  showId: false,
  minScore: 0,
  veil: true,
});
