import { ApiError } from "../api.js";
import { merge } from "./merge.js";
import { Unanswered } from "./unanswered.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("./change.js").Content} Content */

/**
 * @typedef {Object} Options
 * @property {import("./store.js").AnnotationStore} store
 * @property {import("./unsent.js").Unsent} unsent
 * @property {import("./view_server.js").ViewServer} server
 * @property {string} author
 * @property {number} firstWaitMs before the second try when the server is away
 * @property {() => void} changed is called whenever it stands otherwise than before
 */

const LONGEST_WAIT_MS = 10_000;
/** What the server will never take as it is: bad request, too large, not usable. Everything else may pass. */
const REFUSALS = [400, 413, 422];
const CONFLICT = 409;
/** A server that was started anew asks who we are. */
const STRANGER = [401, 403];
/** Conflicts in a row after which the next try waits: looking at what the server has did not help. */
const MOST_CONFLICTS = 3;

/** Brings what is unsent to the server and what others did to the page, one request at a time. */
export class Sender {
  /** @param {Options} options */
  constructor({ store, unsent, server, author, firstWaitMs, changed }) {
    /** @type {Content & {objects: Map<string, ImageObject>}} what the server had last, with what it took since */
    this.seen = { objects: new Map(store.objects), covered: store.covered, state: store.state };
    /** Why the server cannot be reached; "" when it can. */
    this.away = "";
    this._store = store;
    this._unsent = unsent;
    this._unanswered = new Unanswered();
    this._server = server;
    this._author = author;
    this._firstWait = firstWaitMs;
    this._changed = changed;
    this._base = store.revision;
    this._newest = store.revision;
    this._isStale = false;
    this._isClosed = false;
    this._tries = 0;
    this._conflicts = 0;
    /** @type {Promise<void> | null} */
    this._running = null;
    this._wake = () => {};
  }

  /**
   * Go on until everything is sent and nothing newer is known.
   * @returns {Promise<void>}
   */
  run() {
    this._running ??= this._work();
    return this._running;
  }

  /** Look at what the server has, whatever is known. */
  catchUp() {
    this._isStale = true;
    return this.run();
  }

  /**
   * The server has this revision.
   * @param {number} revision
   */
  hear(revision) {
    this._newest = Math.max(this._newest, revision);
    void this.run();
  }

  /** Try now what waits for its next try. */
  wake() {
    this._wake();
  }

  close() {
    this._isClosed = true;
    this._wake();
  }

  async _work() {
    await null; // what is changed in the same moment goes together
    try {
      while (!this._isClosed) {
        const isBehind = this._isStale || this._newest > this._base;
        const change = isBehind ? null : this._unsent.take(this.seen);
        if (!isBehind && !change) break;
        await (change ? this._send(change) : this._load());
        this._changed();
      }
    } finally {
      this._running = null;
    }
    this._changed();
  }

  /** @param {Change} change */
  async _send(change) {
    try {
      const saved = await this._server.save({ ...change, base_revision: this._base, author: this._author });
      this._arrived(change, saved);
    } catch (error) {
      await this._failed(change, asApiError(error));
    }
  }

  /**
   * Where others saved in between, what they did has yet to be read.
   * @param {Change} change
   * @param {import("./view_server.js").Saved} saved
   */
  _arrived(change, { revision, others }) {
    const { seen } = this;
    this._conflicts = 0;
    this._unsent.arrived();
    for (const id of change.removed) seen.objects.delete(id);
    for (const object of change.upsert) seen.objects.set(object.id, object);
    seen.covered = change.covered ?? seen.covered;
    seen.state = change.state ?? seen.state;
    if (others) this._isStale = true;
    else this._base = this._store.revision = revision;
    this._reached();
  }

  /**
   * @param {Change} change
   * @param {ApiError} error
   */
  async _failed(change, error) {
    if (REFUSALS.includes(error.status)) {
      this._reached();
      return this._unsent.refuse(inWords(error));
    }
    const isConflict = error.status === CONFLICT;
    if (!isConflict) this._unanswered.add(change);
    this._unsent.comeBack();
    this._isStale = true; // in either case it has to be seen first what the server has
    if (!isConflict || ++this._conflicts > MOST_CONFLICTS) await this._pause(error);
  }

  /** Take in what others did; what they changed of the same objects becomes a conflict. */
  async _load() {
    this._isStale = false;
    this._newest = 0;
    try {
      this._merge(await this._server.load());
      if (!this._unsent.isBusy) this._reached();
    } catch (error) {
      this._isStale = true;
      await this._pause(asApiError(error));
    }
  }

  /** @param {Annotation} annotation */
  _merge({ revision, covered, state, objects }) {
    const { ids } = this._unsent;
    const theirs = { objects: new Map(objects.map((object) => [object.id, object])), covered, state };
    const seen = this._unanswered.arrivedIn(this.seen, theirs);
    const { remote, clashes } = merge(seen, theirs, this._store, (id) => ids.has(id));
    this._unanswered.clear();
    this.seen = theirs;
    this._base = this._store.revision = revision;
    this._unsent.clash(clashes, theirs);
    this._store.apply(remote, "remote");
    this._unsent.renew(this._store);
  }

  _reached() {
    this.away = "";
    this._tries = 0;
  }

  /**
   * Wait before the next try, longer each time, until something wakes us.
   * @param {ApiError} error
   */
  async _pause(error) {
    this.away = STRANGER.includes(error.status) ? inWords(error) : error.message; // then only the person can do something
    this._changed();
    const wait = Math.min(this._firstWait * 2 ** this._tries++, LONGEST_WAIT_MS);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this._wake = () => {
        clearTimeout(timer);
        resolve(null);
      };
    });
    this._wake = () => {};
  }
}

/** @param {ApiError} error */
function inWords({ message, nextStep }) {
  return nextStep ? `${message} · ${nextStep}` : message;
}

/**
 * A bug on the way to the server must not stop the saving either.
 * @param {unknown} error
 */
function asApiError(error) {
  return error instanceof ApiError ? error : new ApiError(0, { message: String(error) });
}
