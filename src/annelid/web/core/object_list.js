// The list of objects beside the image: which, in which order.

import { shapeArea, shapeCentre } from "./geometry.js";
import { inReadingOrder } from "./order.js";
import { number } from "./words.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */

/** @typedef {"all" | "proposals" | "own" | "hidden" | "locked" | "ignored"} Status */
/** @typedef {"place" | "class" | "score" | "area" | "newest"} Sorting */

/**
 * What is asked of the list.
 * @typedef {Object} Wish
 * @property {string} label class, "" for all
 * @property {Status} status
 * @property {number | null} least score
 * @property {number | null} small least area, square pixels
 * @property {number | null} large greatest area, square pixels
 * @property {Sorting} sorting
 * @property {boolean} isReversed
 */

/** @type {Readonly<Wish>} */
export const EVERYTHING = Object.freeze({
  label: "",
  status: "all",
  least: null,
  small: null,
  large: null,
  sorting: "place",
  isReversed: false,
});

/** @type {WeakMap<ImageObject, number>} */
const areas = new WeakMap();

/**
 * The area of an object in square pixels; objects never change, so each is measured once.
 * @param {ImageObject} object
 */
export function areaOf(object) {
  let area = areas.get(object);
  if (area === undefined) areas.set(object, (area = shapeArea(object.shape)));
  return area;
}

/**
 * The objects that are asked for, in the order that is asked for.
 * @param {ImageObject[]} objects in the order in which they were made
 * @param {Wish} wish
 * @param {{isProposal: (object: ImageObject) => boolean, hidden: Set<string>, locked: Set<string>}} known
 * @returns {ImageObject[]}
 */
export function listedObjects(objects, wish, known) {
  const found = sorted(
    objects.filter((object) => isWished(object, wish, known)),
    wish.sorting,
  );
  return wish.isReversed ? found.reverse() : found;
}

/**
 * @param {ImageObject} object
 * @param {Wish} wish
 * @param {{isProposal: (object: ImageObject) => boolean, hidden: Set<string>, locked: Set<string>}} known
 */
function isWished(object, { label, status, least, small, large }, { isProposal, hidden, locked }) {
  if (label && object.label !== label) return false;
  if (least !== null && (object.score === null || object.score < least)) return false;
  if (small !== null && areaOf(object) < small) return false;
  if (large !== null && areaOf(object) > large) return false;
  if (status === "proposals") return isProposal(object);
  if (status === "own") return !isProposal(object);
  if (status === "hidden") return hidden.has(object.id);
  if (status === "locked") return locked.has(object.id);
  return status !== "ignored" || object.ignore;
}

/**
 * @param {ImageObject[]} objects a new array
 * @param {Sorting} sorting
 */
function sorted(objects, sorting) {
  if (sorting === "newest") return objects.reverse();
  if (sorting === "class") return objects.sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
  if (sorting === "area") return objects.sort((a, b) => areaOf(a) - areaOf(b));
  if (sorting === "score") return objects.sort((a, b) => (a.score ?? 2) - (b.score ?? 2));
  const place = new Map(inReadingOrder(objects).map((id, n) => [id, n]));
  return objects.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}

/**
 * An area in words: square pixels, or square micrometres where the size of a pixel is known.
 * @param {number} area square pixels
 * @param {number | null} um size of a pixel
 */
export function areaText(area, um) {
  if (!um) return `${number(Math.round(area))} px²`;
  const value = area * um * um;
  return `${value < 100 ? value.toPrecision(3) : number(Math.round(value))} µm²`;
}

/**
 * Where an object is, in whole pixels.
 * @param {ImageObject} object
 */
export function placeText({ shape }) {
  const centre = shapeCentre(shape);
  return centre ? `${Math.round(centre[0])}, ${Math.round(centre[1])}` : "";
}
