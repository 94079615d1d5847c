// Changes that the server does not have yet, kept by the browser: a crash of the page or of the server loses none.

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").State} State */

/**
 * The unsent changes of one tab on one view, and what the server had in their place when they were made.
 * @typedef {Object} Entry
 * @property {string} project
 * @property {string} view
 * @property {string} tab
 * @property {Change} change
 * @property {Record<string, ImageObject>} seen objects of the change as the server had them, if it had them
 * @property {string[]} clashing ids of objects that somebody else changed too, about which nothing was said yet
 * @property {Ring[]} covered
 * @property {State} state
 */

/**
 * Where entries lie; one for each project, view and tab.
 * @typedef {Object} Shelf
 * @property {(entry: Entry) => Promise<void>} put
 * @property {(entry: Pick<Entry, "project" | "view" | "tab">) => Promise<void>} remove
 * @property {(project: string) => Promise<Entry[]>} all of a project
 */

/**
 * The tabs of the browser that are open.
 * @typedef {Object} Tabs
 * @property {string} own name of this one
 * @property {(tab: string) => Promise<boolean>} isOpen
 */

/** The journal of one tab in one project. */
export class Journal {
  /**
   * @param {string} project
   * @param {Shelf} shelf
   * @param {Tabs} tabs
   */
  constructor(project, shelf, tabs) {
    this.project = project;
    this._shelf = shelf;
    this._tabs = tabs;
    /** @type {Map<string, Omit<Entry, "project" | "tab"> | null>} newest content by view that is not written yet */
    this._unwritten = new Map();
    /** @type {Promise<void> | null} */
    this._writing = null;
    /** @type {Map<string, unknown>} who keeps changes of each view */
    this._holders = new Map();
  }

  /**
   * From now on only this one keeps changes of a view: whoever did so before has been left, and may still wait for an
   * answer.
   * @param {string} view
   * @param {unknown} holder
   */
  hold(view, holder) {
    this._holders.set(view, holder);
  }

  /**
   * Keep the unsent changes of a view in the place of those kept before; null when there are none.
   * @param {string} view
   * @param {Omit<Entry, "project" | "tab" | "view"> | null} content
   * @param {unknown} [holder]
   * @returns {Promise<void>} when it is written
   */
  async keep(view, content, holder) {
    if (this._holders.get(view) !== holder) return;
    this._unwritten.set(view, content && { ...content, view });
    this._writing ??= this._write();
    await this._writing;
  }

  /**
   * The entries of a view that this tab or a closed one left. They stay until `drop`.
   * @param {string} view
   * @returns {Promise<Entry[]>}
   */
  async left(view) {
    await this._writing;
    return (await this._orphans()).filter((entry) => entry.view === view);
  }

  /** The views on which this tab or a closed one left changes. */
  async views() {
    return [...new Set((await this._orphans()).map((entry) => entry.view))];
  }

  /**
   * Forget an entry that was taken over.
   * @param {Entry} entry
   */
  async drop(entry) {
    if (entry.tab !== this._tabs.own) await this._shelf.remove(entry);
  }

  async _orphans() {
    const entries = await this._shelf.all(this.project);
    const isOpen = await Promise.all(entries.map(({ tab }) => tab !== this._tabs.own && this._tabs.isOpen(tab)));
    return entries.filter((_, n) => !isOpen[n]);
  }

  /** One write at a time, always of the newest: a gesture need not wait for the disk. */
  async _write() {
    try {
      for (let next = this._next(); next; next = this._next()) {
        const [view, content] = next;
        const key = { project: this.project, view, tab: this._tabs.own };
        if (content) await this._shelf.put({ ...content, ...key });
        else await this._shelf.remove(key);
      }
    } finally {
      this._writing = null;
    }
  }

  /** @returns {[string, Omit<Entry, "project" | "tab"> | null] | undefined} */
  _next() {
    const [next] = this._unwritten;
    if (next) this._unwritten.delete(next[0]);
    return next;
  }
}

/**
 * Entries in memory: for tests, and where the browser keeps nothing.
 * @implements {Shelf}
 */
export class MemoryShelf {
  constructor() {
    /** @type {Map<string, Entry>} */
    this._entries = new Map();
  }

  /** @param {Entry} entry */
  async put(entry) {
    this._entries.set(keyOf(entry), structuredClone(entry));
  }

  /** @param {Pick<Entry, "project" | "view" | "tab">} entry */
  async remove(entry) {
    this._entries.delete(keyOf(entry));
  }

  /** @param {string} project */
  async all(project) {
    return [...this._entries.values()].filter((entry) => entry.project === project);
  }
}

/** @param {Pick<Entry, "project" | "view" | "tab">} entry */
function keyOf({ project, view, tab }) {
  return JSON.stringify([project, view, tab]);
}
