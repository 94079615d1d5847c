import { AnnotationStore } from "./store.js";
import { Autosave } from "./autosave.js";
import { serverOf } from "./view_server.js";

/** @typedef {import("./journal.js").Journal} Journal */
/** @typedef {import("./view_server.js").ViewServer} ViewServer */

/**
 * Send what closed tabs, or this one when it left an image without a server, could not save.
 * @param {Journal} journal
 * @param {string} author
 * @param {() => string} open id of the view that is being annotated here now, which sends its own
 * @param {(view: string) => ViewServer} [serverFor]
 * @returns {Promise<{sent: string[], kept: string[]}>} views of which everything is saved, and those that wait: for the
 *   server, or for somebody to choose a version
 */
export async function sendLeftovers(journal, author, open, serverFor = serverOf) {
  /** @type {{sent: string[], kept: string[]}} */
  const result = { sent: [], kept: [] };
  for (const view of await journal.views()) {
    if (view === open()) continue;
    const isSent = await sendOne(journal, author, serverFor(view)).catch(() => false);
    result[isSent ? "sent" : "kept"].push(view);
  }
  return result;
}

/**
 * @param {Journal} journal
 * @param {string} author
 * @param {ViewServer} server
 */
async function sendOne(journal, author, server) {
  const store = new AnnotationStore(await server.load());
  const autosave = new Autosave(store, { author, journal, server });
  try {
    await autosave.recover();
    return await autosave.flush();
  } finally {
    autosave.close();
  }
}
