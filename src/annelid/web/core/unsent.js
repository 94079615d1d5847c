import { COVERED, STATE, isEmpty, joined, normalised, only, touched } from "./change.js";
import { equal } from "./equal.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("./change.js").Content} Content */
/** @typedef {import("./merge.js").Clash} Clash */

/** @typedef {{change: Change, why: string}} Refused */

/** Refused parts beyond which the rest is not looked at piece by piece: it is all the same. */
const MOST_REFUSED = 20;

/** @type {Change} */
const NOTHING = { upsert: [], removed: [] };

/** The changes that the server does not have: on the way, waiting, refused, or clashing with somebody else's. */
export class Unsent {
  constructor() {
    /** @type {Change | null} on the way */
    this.flying = null;
    /** @type {Change[]} */
    this.waiting = [];
    /** @type {Refused[]} */
    this.refused = [];
    /** @type {Map<string, Clash>} */
    this.clashes = new Map();
  }

  /** Whether something has yet to arrive; what is refused or clashes waits for the person. */
  get isBusy() {
    return this.flying !== null || this.waiting.length > 0;
  }

  /** Everything as one change. */
  get all() {
    const flying = this.flying ? [this.flying] : [];
    const changes = [...this.refused.map(({ change }) => change), allMine(this.clashes), ...flying, ...this.waiting];
    return changes.reduce(joined, NOTHING);
  }

  /** The ids of all objects that are different here; COVERED and STATE among them. */
  get ids() {
    const { all } = this;
    const others = [...(all.covered ? [COVERED] : []), ...(all.state ? [STATE] : [])];
    return new Set([...touched(all), ...others]);
  }

  /**
   * Put a change of the person here behind the others. What was refused is tried again in its new form.
   * @param {Change} change
   */
  add(change) {
    const ids = new Set(touched(change));
    for (const clash of [...this.clashes.values()].filter(({ id }) => ids.has(id))) {
      const mine = change.upsert.find((object) => object.id === clash.id) ?? null;
      this.clashes.set(clash.id, { ...clash, mine });
    }
    this._forgetRefused((id) => !ids.has(id), change);
    const free = only(change, (id) => !this.clashes.has(id));
    if (isEmpty(free)) return;
    const last = this.waiting.pop();
    this.waiting.push(last ? joined(last, free) : free);
  }

  /**
   * Take the next change to be sent; null when there is none that the server does not have.
   * @param {Content} seen what the server has
   */
  take(seen) {
    while (this.waiting.length && !this.flying) {
      const change = normalised(seen, this.waiting.shift() ?? NOTHING);
      if (!isEmpty(change)) this.flying = change;
    }
    return this.flying;
  }

  /** The change on the way arrived. */
  arrived() {
    this.flying = null;
  }

  /** The change on the way did not arrive: it is the next one again. */
  comeBack() {
    if (this.flying) this.waiting.unshift(this.flying);
    this.flying = null;
  }

  /**
   * The server will not take the change on the way. Halves of it are tried: what is wrong shall keep nothing else back.
   * What was done to the same objects since takes its place.
   * @param {string} why
   */
  refuse(why) {
    const newer = this.waiting.reduce(joined, NOTHING);
    const ids = new Set(touched(newer));
    const older = only(this.flying ?? NOTHING, (id) => !ids.has(id));
    const change = without(older, newer);
    const halves = this.refused.length < MOST_REFUSED ? halved(change) : null;
    if (halves) this.waiting.unshift(...halves);
    else if (!isEmpty(change)) this.refused.push({ change, why });
    this.flying = null;
  }

  /** Try again what was refused. */
  retry() {
    this.waiting.unshift(...this.refused.map(({ change }) => change));
    this.refused = [];
  }

  /**
   * Forget what was refused.
   * @returns {Change} all of it
   */
  dropRefused() {
    const all = this.refused.map(({ change }) => change).reduce(joined, NOTHING);
    this.refused = [];
    return all;
  }

  /**
   * Keep back what clashes, until the person says what is to be kept; let go of clashes that are none any more.
   * @param {Clash[]} clashes
   * @param {Content} theirs
   */
  clash(clashes, theirs) {
    for (const clash of clashes) this.clashes.set(clash.id, clash);
    for (const { id, mine } of [...this.clashes.values()]) {
      if (equal(mine ?? undefined, theirs.objects.get(id))) this.clashes.delete(id);
    }
    const isFree = (/** @type {string} */ id) => !this.clashes.has(id);
    this.waiting = this.waiting.map((change) => only(change, isFree));
    this._forgetRefused(isFree);
  }

  /**
   * Areas and state that wait are those of the page, which were merged with somebody else's.
   * @param {Content} mine
   */
  renew(mine) {
    for (const change of this.waiting) {
      if (change.covered) change.covered = mine.covered;
      if (change.state) change.state = mine.state;
    }
  }

  /**
   * @param {(id: string) => boolean} isKept
   * @param {Partial<Change>} [newer] its areas and state take the place of refused ones
   */
  _forgetRefused(isKept, newer = {}) {
    this.refused = this.refused
      .map(({ change, why }) => ({ change: without(only(change, isKept), newer), why }))
      .filter(({ change }) => !isEmpty(change));
  }
}

/**
 * What is kept of a clash here, as a change.
 * @param {Clash} clash
 * @returns {Change}
 */
export function mineOf({ id, mine }) {
  return mine ? { upsert: [mine], removed: [] } : { upsert: [], removed: [id] };
}

/**
 * What is kept here of all clashes.
 * @param {Map<string, Clash>} clashes
 * @returns {Change}
 */
function allMine(clashes) {
  const all = [...clashes.values()];
  const removed = all.filter(({ mine }) => !mine).map(({ id }) => id);
  return { upsert: all.flatMap(({ mine }) => mine ?? []), removed };
}

/**
 * Two changes that are one together; null for what cannot be halved.
 * @param {Change} change
 * @returns {[Change, Change] | null}
 */
function halved(change) {
  const ids = touched(change);
  const rest = { ...change, upsert: [], removed: [] };
  if (ids.length && (change.covered || change.state)) return [objectsOf(change), rest];
  if (ids.length < 2) return null;
  const first = new Set(ids.slice(0, ids.length >> 1));
  return [only(change, (id) => first.has(id)), only(change, (id) => !first.has(id))];
}

/**
 * The objects of a change alone.
 * @param {Change} change
 * @returns {Change}
 */
function objectsOf({ upsert, removed, message }) {
  return message ? { upsert, removed, message } : { upsert, removed };
}

/**
 * @param {Change} change
 * @param {Partial<Change>} newer
 */
function without(change, newer) {
  const result = { ...change };
  if (newer.covered) delete result.covered;
  if (newer.state) delete result.state;
  return result;
}
