import { COVERED, inverseOf, isEmpty, normalised, only } from "./change.js";
import { equal } from "./equal.js";
import { areasContain, shapeCentre } from "./geometry.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").State} State */

/** @typedef {"local" | "remote"} Origin who did it: the person at this page, or somebody else */

/**
 * @typedef {Object} StoreEvent
 * @property {Change} change what is different now
 * @property {Change} inverse what would take it back
 * @property {Origin} origin
 */

/**
 * @typedef {Object} Counts
 * @property {number} total
 * @property {number} proposals
 * @property {Record<string, number>} byClass
 */

/**
 * What `undo` and `redo` did, and the ids that they left alone because somebody else changed them meanwhile.
 * @typedef {{change: Change, left: string[]}} Step
 */

/**
 * A step back or forth, and what has to be there for it.
 * @typedef {{change: Change, expected: Change}} Turn
 */

/** The annotation of one view: all changes go through `apply`, and all listeners hear of them in the same order. */
export class AnnotationStore {
  /** @param {Annotation} annotation */
  constructor(annotation) {
    this.view = annotation.view;
    /** The newest revision of the server that is in here; set by autosave. */
    this.revision = annotation.revision;
    /** @type {State} */
    this.state = annotation.state;
    /** @type {Ring[]} */
    this.covered = annotation.covered;
    /** @type {Map<string, ImageObject>} in the order in which they are drawn; read only */
    this.objects = new Map(annotation.objects.map((object) => [object.id, object]));
    /** @type {Map<string, number>} places in the order, kept when an object goes: it may come back */
    this._places = new Map(annotation.objects.map((object, n) => [object.id, n]));
    /** @type {Set<(event: StoreEvent) => void>} */
    this._listeners = new Set();
    /** @type {StoreEvent[]} */
    this._untold = [];
    this._isTelling = false;
    /** @type {Turn[]} */
    this._back = [];
    /** @type {Turn[]} */
    this._forth = [];
    /** Ids of what there was while the view was new. @type {Set<string>} */
    this._known = new Set();
    /** @type {Counts | null} */
    this._counts = null;
  }

  /**
   * Call a function after every change.
   * @param {(event: StoreEvent) => void} listener
   * @returns {() => void} stop listening
   */
  subscribe(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /**
   * Change the annotation. A first local change of a new view makes it a draft.
   * @param {Partial<Change>} change
   * @param {Origin} [origin]
   * @returns {Change} what it came to; nobody is told of a change that changes nothing
   */
  apply(change, origin = "local") {
    const done = normalised(this, change);
    const isFirst = origin === "local" && this.state === "new" && change.state === undefined;
    if (isFirst && (done.upsert.length || done.removed.length)) done.state = "draft";
    if (this.state === "new" && done.state) this._known = new Set(this.objects.keys());
    if (isEmpty(done)) return done;
    const inverse = this._put(done, origin);
    if (origin === "local") {
      this._back.push({ change: inverse, expected: done });
      this._forth = [];
    }
    return done;
  }

  get canUndo() {
    return this._back.length > 0;
  }

  get canRedo() {
    return this._forth.length > 0;
  }

  /**
   * Take the last local change back, but for what somebody else changed since.
   * @returns {Step | null} null when there is nothing to take back
   */
  undo() {
    return this._turn(this._back, this._forth);
  }

  /**
   * Do again what was taken back.
   * @returns {Step | null} null when there is nothing
   */
  redo() {
    return this._turn(this._forth, this._back);
  }

  /**
   * @param {string} id
   * @returns {ImageObject | undefined}
   */
  get(id) {
    return this.objects.get(id);
  }

  /**
   * The objects of a class, in their order.
   * @param {string} label
   */
  byClass(label) {
    return [...this.objects.values()].filter((object) => object.label === label);
  }

  /**
   * Whether an object is a model's, and lies where nobody reviewed yet.
   * @param {ImageObject} object
   */
  proposal(object) {
    if (!object.author.startsWith("model:")) return false;
    const centre = shapeCentre(object.shape);
    return this.state !== "reviewed" || !centre || !areasContain(this.covered, ...centre);
  }

  /** @returns {Counts} how many objects there are */
  get counts() {
    this._counts ??= this._counted();
    return this._counts;
  }

  _counted() {
    /** @type {Counts} */
    const counts = { total: this.objects.size, proposals: 0, byClass: {} };
    for (const object of this.objects.values()) {
      counts.byClass[object.label] = (counts.byClass[object.label] ?? 0) + 1;
      if (this.proposal(object)) counts.proposals += 1;
    }
    return counts;
  }

  /**
   * @param {Turn[]} from
   * @param {Turn[]} to
   * @returns {Step | null}
   */
  _turn(from, to) {
    const turn = from.pop();
    if (!turn) return null;
    const { change, left } = this._possible(turn);
    const done = normalised(this, change);
    if (!isEmpty(done)) to.push({ change: this._put(done, "local"), expected: done });
    return { change: done, left };
  }

  /**
   * The part of a turn that overwrites nobody's work.
   * @param {Turn} turn
   */
  _possible({ change, expected }) {
    const there = new Map(expected.upsert.map((object) => [object.id, object]));
    const isAsExpected = (/** @type {string} */ id) => equal(this.objects.get(id), there.get(id));
    const ids = [...change.upsert.map((object) => object.id), ...change.removed];
    const left = ids.filter((id) => !isAsExpected(id));
    const possible = only(change, isAsExpected);
    if (change.covered && !equal(this.covered, expected.covered)) {
      delete possible.covered;
      left.push(COVERED);
    }
    const isNew = (/** @type {string} */ id) => !this._known.has(id) && !possible.removed.includes(id);
    const isBegun = change.state === "new" && [...this.objects.keys()].some(isNew); // somebody else added them
    if (this.state !== expected.state || isBegun) delete possible.state;
    return { change: possible, left };
  }

  /**
   * @param {Change} change normalised
   * @param {Origin} origin
   * @returns {Change} the inverse
   */
  _put(change, origin) {
    const inverse = inverseOf(this, change);
    for (const id of change.removed) this.objects.delete(id);
    this._place(change.upsert);
    this.covered = change.covered ?? this.covered;
    this.state = change.state ?? this.state;
    this._counts = null;
    this._untold.push({ change, inverse, origin });
    this._tell();
    return inverse;
  }

  /**
   * Put objects in; what comes back takes its old place in the order, what is new comes last.
   * @param {ImageObject[]} objects
   */
  _place(objects) {
    let isReturning = false;
    for (const object of objects) {
      if (!this._places.has(object.id)) this._places.set(object.id, this._places.size);
      else isReturning ||= !this.objects.has(object.id);
      this.objects.set(object.id, object);
    }
    if (isReturning) this._sort();
  }

  _sort() {
    const place = (/** @type {[string, ImageObject]} */ [id]) => this._places.get(id) ?? 0;
    const entries = [...this.objects].sort((a, b) => place(a) - place(b));
    this.objects.clear();
    for (const [id, object] of entries) this.objects.set(id, object);
  }

  /** Tell in order, also when a listener changes something itself. */
  _tell() {
    if (this._isTelling) return;
    this._isTelling = true;
    try {
      for (let event = this._untold.shift(); event; event = this._untold.shift()) {
        for (const listener of [...this._listeners]) listener(event);
      }
    } finally {
      this._isTelling = false;
    }
  }
}
