// What stays as it was when one goes from image to image; forgotten with the page.

import { DEFAULT_DISPLAY } from "./view/display_options.js";
import { kept } from "./keep.js";

/** @typedef {import("./types.js").ImageObject} ImageObject */
/** @typedef {{image: string, scale: number, centre: [number, number]}} Place */

export const session = {
  tool: "select",
  currentClass: "",
  brush: Number(kept("brush")) || 6,
  display: { ...DEFAULT_DISPLAY },
  /** Ids of the images as they were listed and filtered when one left the list. @type {string[]} */
  list: [],
  /** Ids of those that the filters left out. @type {string[]} */
  unlisted: [],
  /** What was copied last. @type {ImageObject[]} */
  clipboard: [],
  /** Where one was on an image, for its other planes. @type {Place | null} */
  place: null,
};
