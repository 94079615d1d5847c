import { isEmpty, touched } from "./change.js";
import { counted } from "./words.js";

/** @typedef {import("./unsent.js").Unsent} Unsent */

/** @typedef {"saved" | "saving" | "offline" | "conflict" | "refused"} SaveState */

/** @type {{state: SaveState, text: string}} */
export const SAVED = { state: "saved", text: "Saved" };

/**
 * How it stands with saving, in a word for the program and in a line for the person.
 * @param {Unsent} unsent
 * @param {string} away why the server cannot be reached, "" when it can
 * @param {boolean} [isKept] whether the browser keeps what is unsent
 * @returns {{state: SaveState, text: string}}
 */
export function wordsOf(unsent, away, isKept = true) {
  if (away && !isKept)
    return { state: "offline", text: `Not saved: ${away}. Keep this page open: the browser keeps no copy` };
  if (away) return { state: "offline", text: `Not saved: ${away}. ${kept(unsent)}; it is tried again` };
  const clashing = unsent.clashes.size;
  if (clashing)
    return { state: "conflict", text: `${counted(clashing, "object")} changed by somebody else too: choose a version` };
  const [refused] = unsent.refused;
  if (refused) return { state: "refused", text: `Not saved: ${refused.why}. ${kept(unsent)}` };
  return unsent.isBusy ? { state: "saving", text: "Saving…" } : SAVED;
}

/** @param {Unsent} unsent */
function kept(unsent) {
  const { all } = unsent;
  const n = touched(all).length;
  if (isEmpty(all)) return "What you do now is kept in this browser";
  return n ? `${counted(n, "object")} kept in this browser` : "The state of the image is kept in this browser";
}
