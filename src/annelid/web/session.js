// What stays as it was when one goes from image to image; forgotten with the page.

import { DEFAULT_DISPLAY } from "./view/display_options.js";
import { kept } from "./keep.js";

/** @typedef {import("./types.js").ImageObject} ImageObject */
/** @typedef {import("./types.js").Transform} Transform */

export const session = {
  tool: "select",
  currentClass: "",
  brush: Number(kept("brush")) || 6,
  display: { ...DEFAULT_DISPLAY },
  /** What was copied last. @type {ImageObject[]} */
  clipboard: [],
  /** Where one was on an image, for its other planes. @type {{image: string, transform: Transform} | null} */
  place: null,
};
