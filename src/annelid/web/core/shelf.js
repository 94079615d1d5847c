import { MemoryShelf } from "./journal.js";

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./journal.js").Shelf} Shelf */

const DATABASE = "annelid";
const UNSENT = "unsent";
const KEY = ["project", "view", "tab"];

/**
 * Entries in the browser's IndexedDB; in memory where that is forbidden.
 * @returns {Promise<Shelf>}
 */
export async function openShelf() {
  try {
    return new BrowserShelf(await opened());
  } catch {
    return new MemoryShelf();
  }
}

/** @implements {Shelf} */
class BrowserShelf {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this._database = database;
  }

  /** @param {Entry} entry */
  async put(entry) {
    await this._done("readwrite", (entries) => entries.put(entry));
  }

  /** @param {Pick<Entry, "project" | "view" | "tab">} entry */
  async remove({ project, view, tab }) {
    await this._done("readwrite", (entries) => entries.delete([project, view, tab]));
  }

  /**
   * @param {string} project
   * @returns {Promise<Entry[]>}
   */
  async all(project) {
    return this._done("readonly", (entries) => entries.getAll(IDBKeyRange.bound([project], [project, []])));
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(entries: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>} when the transaction is complete
   */
  _done(mode, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this._database.transaction(UNSENT, mode);
      const request = ask(transaction.objectStore(UNSENT));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(UNSENT, { keyPath: KEY });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("the browser's storage is blocked"));
  });
}
