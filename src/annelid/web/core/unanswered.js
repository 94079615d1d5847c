import { equal } from "./equal.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("./change.js").Content} Content */

const [AREAS, STATE] = ["areas", "state"];

/** What was sent and never answered. Where the server turns out to have it, it is one's own and nobody else's. */
export class Unanswered {
  constructor() {
    /** @type {Map<string, Set<unknown>>} versions of each object that may have arrived; undefined is removed */
    this._objects = new Map();
    /** @type {Map<string, Set<unknown>>} */
    this._others = new Map();
  }

  /** @param {Change} change */
  add({ upsert, removed, covered, state }) {
    for (const object of upsert) put(this._objects, object.id, object);
    for (const id of removed) put(this._objects, id, undefined);
    if (covered) put(this._others, AREAS, covered);
    if (state) put(this._others, STATE, state);
  }

  /**
   * What was seen of the server, and what of ours it had taken when it was looked at again.
   * @template {Content & {objects: Map<string, import("../types.js").ImageObject>}} T
   * @param {T} seen
   * @param {Content} theirs
   * @returns {T}
   */
  arrivedIn(seen, theirs) {
    const objects = new Map(seen.objects);
    for (const [id, versions] of this._objects) {
      const now = theirs.objects.get(id);
      if (!has(versions, now)) continue;
      if (now) objects.set(id, now);
      else objects.delete(id);
    }
    const covered = has(this._others.get(AREAS), theirs.covered) ? theirs.covered : seen.covered;
    const state = has(this._others.get(STATE), theirs.state) ? theirs.state : seen.state;
    return { ...seen, objects, covered, state };
  }

  clear() {
    this._objects.clear();
    this._others.clear();
  }
}

/**
 * @param {Map<string, Set<unknown>>} versions
 * @param {string} key
 * @param {unknown} value
 */
function put(versions, key, value) {
  versions.set(key, (versions.get(key) ?? new Set()).add(value));
}

/**
 * @param {Set<unknown> | undefined} versions
 * @param {unknown} value
 */
function has(versions, value) {
  return versions !== undefined && [...versions].some((one) => equal(one, value));
}
