import { get } from "./api.js";
import { inOrderOf } from "./core/image_list.js";
import { session } from "./session.js";

/** @typedef {import("./types.js").Editor} Editor */
/** @typedef {import("./types.js").ViewSummary} ViewSummary */

/**
 * The images through which one goes from the one that is open.
 * @param {string} open its id
 * @returns {Promise<ViewSummary[]>}
 */
export async function viewsOfProject(open) {
  return inOrderOf(/** @type {ViewSummary[]} */ (await get("api/views")), session.list, session.unlisted, open);
}

/**
 * Count anew: images came since the editor was opened.
 * @param {Editor} editor
 */
export async function refreshViews(editor) {
  try {
    editor.views = await viewsOfProject(editor.view.id);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    editor.notify(error.message, "error");
  }
}
