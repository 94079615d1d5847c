import { Signal } from "../signal.js";
import { isEmpty, touched } from "./change.js";
import { settled } from "./conflict.js";
import { equal } from "./equal.js";
import { replayed } from "./replay.js";
import { SAVED, wordsOf } from "./save_state.js";
import { Sender } from "./sender.js";
import { Unsent } from "./unsent.js";
import { serverOf } from "./view_server.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./merge.js").Clash} Clash */

/**
 * @typedef {Object} Options
 * @property {string} author `human:ann`
 * @property {import("./live.js").Live} [live] tells when somebody else changed the view
 * @property {import("./journal.js").Journal | null} [journal]
 * @property {import("./view_server.js").ViewServer} [server]
 * @property {number} [firstWaitMs] before the second try when the server is away
 */

/**
 * Saves the person's changes as they are made, in order, one at a time; those that wait become one. What others did
 * comes in; what the server lacks stays in the journal.
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
    this._store = store;
    this._journal = journal;
    this._unsent = new Unsent();
    const changed = () => this._keep();
    this._sender = new Sender({ store, unsent: this._unsent, server, author, firstWaitMs, changed });
    this._isKept = true;
    this._isRecovering = false;
    journal?.hold(store.view, this);
    this._leave = [
      store.subscribe(({ change, origin }) => origin === "local" && this._take(change)),
      live?.on("view", ({ id, revision }) => id === store.view && this._sender.hear(revision)),
      live?.on("hello", () => void this.sync()),
      this._watchWindow(),
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
    this._isRecovering = true; // what this tab left lies where it will write
    const entries = await this._left().finally(() => (this._isRecovering = false));
    for (const entry of entries) this._replay(entry);
    if (entries.length) await this._takeOver(entries).catch(() => {}); // they stay where they are
    this._keep();
    return entries.reduce((sum, { change }) => sum + touched(change).length, 0);
  }

  /** Get what others did. */
  async sync() {
    this._sender.wake();
    await this._sender.catchUp();
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
    if (remote) {
      this._store.apply(remote, "remote");
      // what another closed tab left is not on the server either
      if (!equal(clash.theirs ?? undefined, this._sender.seen.objects.get(id))) this._unsent.add(remote);
    }
    if (local && remote) this._store.apply(local, "local");
    else if (local) this._unsent.add(local);
    this._keep();
    void this._sender.run();
  }

  /** Try again what the server refused. */
  retry() {
    this._unsent.retry();
    this._keep();
    void this._sender.run();
  }

  /** Give up what the server refused: the page shows again what the server has. */
  giveUp() {
    const { objects, covered, state } = this._sender.seen;
    const { upsert, removed, ...rest } = this._unsent.dropRefused();
    const ids = [...upsert.map(({ id }) => id), ...removed];
    const back = ids.flatMap((id) => objects.get(id) ?? []);
    const areas = { covered: rest.covered && covered, state: rest.state && state };
    this._store.apply({ upsert: back, removed: ids.filter((id) => !objects.has(id)), ...areas }, "remote");
    this._keep();
  }

  /**
   * Send what waits, now; to be awaited before leaving the view.
   * @param {number} [mostMs]
   * @returns {Promise<boolean>} whether the server has everything; what it has not is in the journal
   */
  async flush(mostMs = 3000) {
    this._sender.wake();
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, mostMs)));
    await Promise.race([this._sender.run(), late]);
    clearTimeout(timer);
    return !this.isUnsaved;
  }

  /** Stop; what is unsent stays in the journal. */
  close() {
    this._sender.close();
    for (const leave of this._leave) leave?.();
  }

  /** @param {Change} change */
  _take(change) {
    this._unsent.add(change);
    this._keep();
    void this._sender.run();
  }

  /** What was left; a browser that cannot say so must not keep the image from being opened. */
  async _left() {
    try {
      return (await this._journal?.left(this._store.view)) ?? [];
    } catch {
      this._isKept = false;
      return [];
    }
  }

  /**
   * What came back is kept in this tab's name from now on.
   * @param {Entry[]} entries
   */
  async _takeOver(entries) {
    await this._written();
    for (const entry of entries) await this._journal?.drop(entry);
  }

  /** @param {Entry} entry */
  _replay(entry) {
    const { local, clashes } = replayed(entry, this._store);
    this._store.apply(local, "local");
    for (const { id, mine } of clashes) this._store.apply(mine ? { upsert: [mine] } : { removed: [id] }, "remote");
    this._unsent.clash(clashes, this._sender.seen);
  }

  /** Keep what is unsent in the journal, and say how it stands. */
  _keep() {
    this._written().then(
      () => (this._isKept = true),
      () => (this._isKept = false),
    );
    const { state, text } = wordsOf(this._unsent, this._sender.away, this._isKept);
    const clashes = [...this._unsent.clashes.values()];
    if (!sameValues(clashes, this.conflicts.value)) this.conflicts.value = clashes;
    this.text.value = text;
    this.state.value = state;
  }

  /** Everything unsent, with what the server had in its place. */
  async _written() {
    if (this._isRecovering) return;
    const { all, clashes } = this._unsent;
    const { objects, covered, state } = this._sender.seen;
    const before = touched(all).flatMap((id) => objects.get(id) ?? []);
    const seen = Object.fromEntries(before.map((object) => [object.id, object]));
    const content = { change: all, seen, clashing: [...clashes.keys()], covered, state };
    await this._journal?.keep(this._store.view, isEmpty(all) ? null : content, this);
  }

  /** Ask before a page is left that has something unsaved; try at once when the network is back. */
  _watchWindow() {
    if (!globalThis.window) return undefined;
    const ask = (/** @type {Event} */ event) => this.isUnsaved && event.preventDefault();
    const wake = () => this._sender.wake();
    addEventListener("beforeunload", ask);
    addEventListener("online", wake);
    return () => {
      removeEventListener("beforeunload", ask);
      removeEventListener("online", wake);
    };
  }
}

/**
 * @param {unknown[]} a
 * @param {unknown[]} b
 */
function sameValues(a, b) {
  return a.length === b.length && a.every((value, n) => value === b[n]);
}
