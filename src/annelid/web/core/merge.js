import { COVERED, STATE } from "./change.js";
import { equal } from "./equal.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("./change.js").Content} Content */

/**
 * An object that two people changed; null is removed.
 * @typedef {Object} Clash
 * @property {string} id
 * @property {ImageObject | null} mine
 * @property {ImageObject | null} theirs
 */

/** @type {State[]} */
const FURTHER = ["new", "draft", "reviewed"];

/**
 * What to do when the server has something else than what was seen of it.
 *
 * Objects with unsent changes are left alone: where the server's changed too, that is a clash. Areas and state are
 * merged: areas of both, and the state that is further.
 * @param {Content} seen what the server had when we looked last
 * @param {Content} theirs what it has now
 * @param {Content} mine what the page shows
 * @param {(id: string) => boolean} isUnsent whether a change of it waits here; also of COVERED and STATE
 * @returns {{remote: Change, clashes: Clash[]}} what to apply to the page as somebody else's
 */
export function merge(seen, theirs, mine, isUnsent) {
  /** @type {Change} */
  const remote = { upsert: [], removed: [] };
  /** @type {Clash[]} */
  const clashes = [];
  for (const id of new Set([...seen.objects.keys(), ...theirs.objects.keys()])) {
    const [then, now, own] = [seen.objects.get(id), theirs.objects.get(id), mine.objects.get(id)];
    if (equal(then, now) || equal(own, now)) continue;
    if (isUnsent(id)) clashes.push({ id, mine: own ?? null, theirs: now ?? null });
    else if (now) remote.upsert.push(now);
    else remote.removed.push(id);
  }
  if (!equal(seen.covered, theirs.covered)) {
    remote.covered = isUnsent(COVERED) ? mergedAreas(seen.covered, theirs.covered, mine.covered) : theirs.covered;
  }
  if (theirs.state !== seen.state) remote.state = isUnsent(STATE) ? further(mine.state, theirs.state) : theirs.state;
  return { remote, clashes };
}

/**
 * Their areas with those that were added here, without those that were taken away here.
 * @param {Ring[]} seen
 * @param {Ring[]} theirs
 * @param {Ring[]} mine
 */
export function mergedAreas(seen, theirs, mine) {
  const has = (/** @type {Ring[]} */ rings, /** @type {Ring} */ ring) => rings.some((one) => equal(one, ring));
  const kept = theirs.filter((ring) => has(mine, ring) || !has(seen, ring));
  return [...kept, ...mine.filter((ring) => !has(seen, ring) && !has(theirs, ring))];
}

/**
 * @param {State} a
 * @param {State} b
 */
export function further(a, b) {
  return FURTHER.indexOf(a) > FURTHER.indexOf(b) ? a : b;
}
