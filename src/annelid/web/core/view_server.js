import { get, request } from "../api.js";

/** @typedef {import("../types.js").Annotation} Annotation */
/** @typedef {import("../types.js").Change} Change */

/**
 * @typedef {Object} Saved
 * @property {number} revision
 * @property {boolean} others whether somebody else had changed the view since the revision that the change was based on
 */

/**
 * The server as one view sees it.
 * @typedef {Object} ViewServer
 * @property {(body: Change & {base_revision: number, author: string}) => Promise<Saved>} save
 * @property {() => Promise<Annotation>} load
 */

/** A browser finishes sending so many bytes for a page that is gone. */
const MOST_KEPT_ALIVE = 60_000;

/**
 * @param {string} view
 * @returns {ViewServer}
 */
export function serverOf(view) {
  const path = `api/views/${encodeURIComponent(view)}`;
  return {
    load: () => get(`${path}/annotation`),
    save: async (change) => {
      const body = new TextEncoder().encode(JSON.stringify(change));
      const headers = { "Content-Type": "application/json" };
      const keepalive = body.length < MOST_KEPT_ALIVE;
      return (await request(`${path}/changes`, { method: "POST", headers, body, keepalive })).json();
    },
  };
}
