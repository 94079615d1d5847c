import { touched } from "./change.js";
import { equal } from "./equal.js";
import { further, mergedAreas } from "./merge.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("./change.js").Content} Content */
/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./merge.js").Clash} Clash */

/**
 * What a journal's entry comes to on a view that may have changed since.
 * @param {Entry} entry
 * @param {Content} now
 * @returns {{local: Change, clashes: Clash[]}} what to do again, and what somebody else changed too
 */
export function replayed({ change, seen, clashing, covered, state }, now) {
  const put = new Map(change.upsert.map((object) => [object.id, object]));
  const open = touched(change).filter((id) => !equal(put.get(id), now.objects.get(id)));
  const isFree = (/** @type {string} */ id) => !clashing.includes(id) && equal(seen[id], now.objects.get(id));
  const again = new Set(open.filter(isFree));
  const clashes = open
    .filter((id) => !again.has(id))
    .map((id) => ({ id, mine: put.get(id) ?? null, theirs: now.objects.get(id) ?? null }));
  /** @type {Change} */
  const local = {
    upsert: change.upsert.filter(({ id }) => again.has(id)),
    removed: change.removed.filter((id) => again.has(id)),
  };
  if (change.message) local.message = change.message;
  if (change.covered) local.covered = mergedAreas(covered, now.covered, change.covered);
  if (change.state) local.state = state === now.state ? change.state : further(change.state, now.state);
  return { local, clashes };
}
