import { post } from "../api.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { askModel } from "./ask_model.js";
import { complete, reopen } from "./mark_images.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */

/**
 * What can be done with the images that are picked.
 * @param {App} app
 * @param {() => ViewSummary[]} picked
 * @param {() => void} letGo
 */
export function imageActions(app, picked, letGo) {
  const words = h("span", { id: "picked", role: "status" });
  const button = (
    /** @type {string} */ id,
    /** @type {string} */ title,
    /** @type {(app: App, views: ViewSummary[]) => Promise<boolean>} */ run,
  ) => h("button", { class: "button", id, onclick: () => run(app, picked()).then((done) => done && letGo()) }, title);
  const reopened = button("reopen", "Back to draft", reopen);
  const buttons = [
    button("propose", "Propose objects…", propose),
    button("complete", "Mark complete", complete),
    reopened,
    h("button", { class: "button quiet", id: "let-go", onclick: letGo }, "Let go"),
  ];
  const element = h("div", { class: "toolbar picked-bar", hidden: true }, words, ...buttons);
  const show = (/** @type {number} */ count) => {
    element.hidden = count === 0;
    reopened.hidden = !picked().some(({ state }) => state === "reviewed");
    fill(words, `${counted(count, "image")} selected`);
  };
  return { element, show };
}

/**
 * Have a model propose objects, as a job.
 * @param {App} app
 * @param {ViewSummary[]} views
 */
async function propose(app, views) {
  const open = views.filter((view) => view.state !== "reviewed");
  if (!open.length) {
    app.notify("Every selected image is reviewed already: proposals go to images that are new or drafts.", "warning");
    return false;
  }
  const left = views.length - open.length;
  const choice = await askModel(`Propose objects on ${counted(open.length, "image")}`, [
    "What a person drew or accepted stays; what a model proposed before is replaced. " +
      "You accept or reject each proposal in the annotator.",
    ...(left ? [`${counted(left, "image")} ${left === 1 ? "is" : "are"} reviewed and left out.`] : []),
  ]);
  if (!choice) return false;
  await post("api/proposals", { views: open.map((view) => view.id), ...choice });
  app.notify(`Proposing objects on ${counted(open.length, "image")}; they appear here when they are found.`);
  return true;
}
