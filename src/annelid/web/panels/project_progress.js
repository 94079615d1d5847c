import { progress } from "../core/image_list.js";
import { counted, number } from "../core/words.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../types.js").ViewSummary} ViewSummary */

/** How far the project is, in a line with a meter. */
export function projectProgress() {
  const words = h("span", { id: "progress-words" });
  const meter = h("div", { class: "meter", role: "img" });
  const element = h("div", { class: "project-progress" }, meter, words);
  return { element, show: (/** @type {ViewSummary[]} */ views) => show(views, words, meter) };
}

/**
 * @param {ViewSummary[]} views
 * @param {HTMLElement} words
 * @param {HTMLElement} meter
 */
function show(views, words, meter) {
  const told = progress(views);
  const open = told.proposals ? `, ${counted(told.proposals, "proposal")} to look at` : "";
  const reviewed = `${number(told.reviewed)} of ${counted(told.images, "image")} reviewed`;
  const text = `${reviewed}, ${counted(told.objects, "object")}${open}`;
  fill(words, text);
  meter.setAttribute("aria-label", text);
  fill(meter, bar("reviewed", told.reviewed / told.images), bar("draft", told.draft / told.images));
}

/**
 * @param {string} kind
 * @param {number} share
 */
function bar(kind, share) {
  const element = h("span", { class: kind, title: kind });
  element.style.width = `${100 * share}%`;
  return element;
}
