import { ApiError } from "../api.js";
import { Signal } from "../signal.js";
import { isEmpty, touched } from "./change.js";
import { settled } from "./conflict.js";
import { merge } from "./merge.js";
import { replayed } from "./replay.js";
import { SAVED, wordsOf } from "./save_state.js";
import { Unsent } from "./unsent.js";
import { serverOf } from "./view_server.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("./change.js").Content} Content */
/** @typedef {import("./merge.js").Clash} Clash */

/**
 * @typedef {Object} Options
 * @property {string} author `human:ann`
 * @property {import("./live.js").Live} [live] tells when somebody else changed the view
 * @property {import("./journal.js").Journal | null} [journal]
 * @property {import("./view_server.js").ViewServer} [server]
 * @property {number} [firstWaitMs] before the second try when the server is away
 */

const LONGEST_WAIT_MS = 10_000;
/** What the server will never take as it is: bad request, no such view, too large, not usable. */
const REFUSALS = [400, 404, 413, 422];
const CONFLICT = 409;

/**
 * Sends the person's changes to the server, in order, one at a time; those that wait become one. What others did comes
 * in; what the server lacks stays in the journal.
 */
export class Autosave {
  /**
   * @param {import("./store.js").AnnotationStore} store as the server has it
   * @param {Options} options
   */
  constructor(store, { author, live, journal = null, server = serverOf(store.view), firstWaitMs = 500 }) {
    this.state = new Signal(SAVED.state);
    /** One line for the person: what is saved, and what is to be done. */
    this.text = new Signal(SAVED.text);
    /** Objects that somebody else changed too: `resolve` each. */
    this.conflicts = new Signal(/** @type {Clash[]} */ ([]));
    this.author = author;
    this._store = store;
    this._journal = journal;
    this._server = server;
    this._firstWait = firstWaitMs;
    this._unsent = new Unsent();
    /** @type {Content & {objects: Map<string, ImageObject>}} what the server had last, with what it took since */
    this._seen = { objects: new Map(store.objects), covered: store.covered, state: store.state };
    this._base = store.revision;
    this._newest = store.revision;
    this._isStale = false;
    this._isClosed = false;
    this._away = "";
    this._tries = 0;
    /** @type {Promise<void> | null} */
    this._running = null;
    this._wake = () => {};
    this._leave = [
      store.subscribe(({ change, origin }) => origin === "local" && this._take(change)),
      live?.on("view", ({ id, revision }) => id === store.view && this._hear(revision)),
      live?.on("hello", () => void this.sync()),
      watchWindow(this, () => this._wake()),
    ];
  }

  /** Whether something is here that the server does not have. */
  get isUnsaved() {
    return !isEmpty(this._unsent.all);
  }

  /**
   * Put back what a closed tab, or this one, left unsent on this view.
   * @returns {Promise<number>} how many objects came back
   */
  async recover() {
    const entries = (await this._journal?.left(this._store.view)) ?? [];
    for (const entry of entries) this._replay(entry);
    await this._keep();
    for (const entry of entries) await this._journal?.drop(entry);
    return entries.reduce((sum, { change }) => sum + touched(change).length, 0);
  }

  /** Get what others did. */
  async sync() {
    this._isStale = true;
    await this._run();
  }

  /**
   * Say what is to be kept of an object that somebody else changed too.
   * @param {string} id
   * @param {import("./conflict.js").Choice} choice
   */
  resolve(id, choice) {
    const clash = this._unsent.clashes.get(id);
    if (!clash) return;
    this._unsent.clashes.delete(id);
    const { remote, local } = settled(clash, choice);
    if (remote) this._store.apply(remote, "remote");
    if (local && choice === "both" && remote) this._store.apply(local, "local");
    else if (local) this._unsent.add(local);
    this._changed();
  }

  /** Try again what the server refused. */
  retry() {
    this._unsent.retry();
    this._changed();
  }

  /**
   * Send what waits, now; to be awaited before leaving the view.
   * @param {number} [mostMs]
   * @returns {Promise<boolean>} whether the server has everything; what it has not is in the journal
   */
  async flush(mostMs = 3000) {
    this._wake();
    await Promise.race([this._run(), new Promise((resolve) => setTimeout(resolve, mostMs))]);
    return !this.isUnsaved;
  }

  /** Stop; what is unsent stays in the journal. */
  close() {
    this._isClosed = true;
    this._wake();
    for (const leave of this._leave) leave?.();
  }

  /** @param {Change} change */
  _take(change) {
    this._unsent.add(change);
    this._changed();
  }

  /** @param {number} revision */
  _hear(revision) {
    this._newest = revision;
    void this._run();
  }

  _changed() {
    this._keep().catch(() => undefined);
    this._say();
    void this._run();
  }

  /** Keep everything unsent, with what the server had in its place. */
  async _keep() {
    const { all } = this._unsent;
    if (isEmpty(all)) return this._journal?.keep(this._store.view, null);
    const seen = touched(all).flatMap((id) => this._seen.objects.get(id) ?? []);
    const { covered, state } = this._seen;
    const content = { change: all, seen: Object.fromEntries(seen.map((object) => [object.id, object])), covered, state };
    return this._journal?.keep(this._store.view, content);
  }

  /** @param {import("./journal.js").Entry} entry */
  _replay(entry) {
    const { local, clashes } = replayed(entry, this._store);
    this._store.apply(local, "local");
    for (const { id, mine } of clashes) this._store.apply(mine ? { upsert: [mine] } : { removed: [id] }, "remote");
    this._unsent.clash(clashes, this._seen);
    this._say();
  }

  /** @returns {Promise<void>} when there is nothing left to do */
  _run() {
    this._running ??= this._work();
    return this._running;
  }

  async _work() {
    await null; // what is changed in the same moment goes together
    try {
      while (!this._isClosed) {
        const isBehind = this._isStale || this._newest > this._base;
        const change = isBehind ? null : this._unsent.take(this._seen);
        if (!isBehind && !change) break;
        this._say();
        await (change ? this._send(change) : this._catchUp());
      }
    } finally {
      this._running = null;
    }
    this._keep();
    this._say();
  }

  /** @param {Change} change */
  async _send(change) {
    try {
      const { revision } = await this._server.save({ ...change, base_revision: this._base, author: this.author });
      this._arrived(change, revision);
    } catch (error) {
      await this._failed(asApiError(error));
    }
  }

  /**
   * A number beyond the next means that somebody else saved in between; after a try whose answer was lost nobody knows.
   * @param {Change} change
   * @param {number} revision
   */
  _arrived(change, revision) {
    this._unsent.arrived();
    for (const id of change.removed) this._seen.objects.delete(id);
    for (const object of change.upsert) this._seen.objects.set(object.id, object);
    this._seen.covered = change.covered ?? this._seen.covered;
    this._seen.state = change.state ?? this._seen.state;
    if (this._tries || revision > this._base + 1) this._isStale = true;
    else this._base = this._store.revision = revision;
    this._back();
  }

  /** @param {ApiError} error */
  async _failed(error) {
    if (REFUSALS.includes(error.status)) return this._unsent.refuse([error.message, error.nextStep].filter(Boolean).join(" · "));
    this._unsent.comeBack();
    if (error.status !== CONFLICT) return this._pause(error.message);
    this._isStale = true;
  }

  /** Take in what others did; what they changed of the same objects becomes a conflict. */
  async _catchUp() {
    this._isStale = false;
    this._newest = 0;
    try {
      const theirs = await this._server.load();
      this._merge(theirs, { ...theirs, objects: new Map(theirs.objects.map((object) => [object.id, object])) });
      this._back();
    } catch (error) {
      this._isStale = true;
      await this._pause(asApiError(error).message);
    }
  }

  /**
   * @param {{revision: number}} head
   * @param {Content} theirs
   */
  _merge({ revision }, theirs) {
    const { ids } = this._unsent;
    const { remote, clashes } = merge(this._seen, theirs, this._store, (id) => ids.has(id));
    this._seen = { objects: new Map(theirs.objects), covered: theirs.covered, state: theirs.state };
    this._base = this._store.revision = revision;
    this._unsent.clash(clashes, theirs);
    this._store.apply(remote, "remote");
    this._unsent.renew(this._store);
    this._keep();
  }

  _back() {
    this._away = "";
    this._tries = 0;
  }

  /**
   * Wait before the next try, longer each time, until something wakes us.
   * @param {string} why
   */
  async _pause(why) {
    this._away = why;
    this._say();
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

  _say() {
    const { state, text } = wordsOf(this._unsent, this._away);
    this.conflicts.value = [...this._unsent.clashes.values()];
    this.text.value = text;
    this.state.value = state;
  }
}

/**
 * A bug on the way to the server must not stop the saving either.
 * @param {unknown} error
 */
function asApiError(error) {
  return error instanceof ApiError ? error : new ApiError(0, { message: String(error) });
}

/**
 * Ask before a page is left that has something unsaved; try at once when the network is back.
 * @param {Autosave} autosave
 * @param {() => void} wake
 * @returns {(() => void) | undefined}
 */
function watchWindow(autosave, wake) {
  if (!globalThis.window) return undefined;
  const ask = (/** @type {Event} */ event) => autosave.isUnsaved && event.preventDefault();
  addEventListener("beforeunload", ask);
  addEventListener("online", wake);
  return () => {
    removeEventListener("beforeunload", ask);
    removeEventListener("online", wake);
  };
}
