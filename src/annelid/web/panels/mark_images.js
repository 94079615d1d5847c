import { ApiError, post } from "../api.js";
import { boxRing } from "../core/figures.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { ask } from "./dialog.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {Partial<import("../types.js").Change>} Part */

const AT_ONCE = 4;

/**
 * Say of images that every object on them is annotated.
 * @param {App} app
 * @param {ViewSummary[]} views
 * @returns {Promise<boolean>} false when the person went back
 */
export async function complete(app, views) {
  const open = views.reduce((sum, { proposals }) => sum + proposals, 0);
  const bare = views.filter(({ n_objects }) => n_objects === 0).length;
  const warned = [
    open && `${counted(open, "proposal")} on them that nobody looked at count as right from then on.`,
    bare && `${counted(bare, "image")} without any object will teach the model that there is nothing.`,
  ].filter(Boolean);
  const what = "Training takes these images as they are: what is not outlined on them counts as background.";
  const body = [h("p", {}, what), ...warned.map((text) => h("p", { class: "notice warning" }, text))];
  const yes = { value: "yes", label: "Mark complete", kind: /** @type {const} */ ("primary") };
  if (!(await ask(`Mark ${counted(views.length, "image")} complete`, body, [yes]))) return false;
  await changeAll(app, views, "marked complete", ({ size_wh: [w, height] }) => ({
    covered: [boxRing(0, 0, w, height)],
    state: "reviewed",
    message: "image complete",
  }));
  return true;
}

/**
 * Take back that images are complete.
 * @param {App} app
 * @param {ViewSummary[]} views
 * @returns {Promise<boolean>}
 */
export async function reopen(app, views) {
  const reviewed = views.filter(({ state }) => state === "reviewed");
  await changeAll(app, reviewed, "back to draft", () => ({ covered: [], state: "draft", message: "back to draft" }));
  return true;
}

/**
 * @param {App} app
 * @param {ViewSummary[]} views
 * @param {string} done in words
 * @param {(view: ViewSummary) => Part} change
 */
async function changeAll(app, views, done, change) {
  const waiting = [...views];
  /** @type {string[]} */
  const failed = [];
  const work = async () => {
    for (let view = waiting.shift(); view; view = waiting.shift())
      failed.push(...(await changed(app, view, change(view))));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed.length) app.notify(`Not ${done}: ${failed.slice(0, 5).join("; ")}`, "error");
  const count = views.length - failed.length;
  if (count) app.notify(`${counted(count, "image")} ${done}.`);
}

/**
 * @param {App} app
 * @param {ViewSummary} view
 * @param {Part} part
 * @returns {Promise<string[]>} what failed, in words
 */
async function changed(app, view, part) {
  const seen = { base_revision: view.revision, author: app.author };
  try {
    await post(`api/views/${encodeURIComponent(view.id)}/changes`, { upsert: [], removed: [], ...part, ...seen });
    return [];
  } catch (error) {
    if (error instanceof ApiError) return [`${view.name}: ${error.message}`];
    throw error;
  }
}
