import { equal } from "./equal.js";
import { newId } from "./ids.js";
import { mineOf } from "./unsent.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("./merge.js").Clash} Clash */

/** @typedef {"mine" | "theirs" | "both"} Choice */

/**
 * What follows from a choice: what is put on the page in the place of what it shows, as somebody else's, and what is
 * sent as one's own.
 * @typedef {Object} Settlement
 * @property {Change | null} remote
 * @property {Change | null} local
 */

/**
 * The way out of a clash. To keep both, what is here gets an id of its own; where one side removed the object, the
 * other side is all there is.
 * @param {Clash} clash
 * @param {Choice} choice
 * @returns {Settlement}
 */
export function settled(clash, choice) {
  const { id, mine, theirs } = clash;
  const kept = choice !== "both" || (mine && theirs) ? choice : mine ? "mine" : "theirs";
  if (kept === "mine") return { remote: null, local: { ...mineOf(clash), message: "conflict: mine kept" } };
  const remote = theirs ? { upsert: [theirs], removed: [] } : { upsert: [], removed: [id] };
  if (kept === "theirs" || !mine) return { remote, local: null };
  return { remote, local: { upsert: [{ ...mine, id: newId() }], removed: [], message: "conflict: both kept" } };
}

/**
 * What two versions of an object do not agree in, in words for a person.
 * @param {Clash} clash
 * @returns {string[]}
 */
export function differences({ mine, theirs }) {
  if (!mine) return ["you removed it, it was changed meanwhile"];
  if (!theirs) return ["it was removed while you changed it"];
  /** @type {[string, (keyof import("../types.js").ImageObject)[]][]} */
  const aspects = [
    ["class", ["label"]],
    ["outline", ["shape", "kind", "params"]],
    ["attributes", ["extra", "ignore", "parent"]],
    ["author", ["author", "origin", "score"]],
  ];
  return aspects.filter(([, keys]) => keys.some((key) => !equal(mine[key], theirs[key]))).map(([name]) => name);
}
