import { get, post } from "../api.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { ask } from "./dialog.js";
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
  const choice = await modelChoice();
  const conf = h("input", { id: "propose-conf", type: "number", min: 0, max: 1, step: 0.05, value: 0.25 });
  const left = views.length - open.length;
  const answer = await ask(
    `Propose objects on ${counted(open.length, "image")}`,
    [
      h("div", { class: "field" }, h("label", { for: "propose-model" }, "Model"), choice),
      h("div", { class: "field" }, h("label", { for: "propose-conf" }, "Least score of a proposal (0 to 1)"), conf),
      h(
        "p",
        { class: "dim" },
        "What a person drew stays; what a model proposed before is replaced. " +
          "You accept or reject each proposal in the annotator.",
      ),
      ...(left
        ? [h("p", { class: "dim" }, `${counted(left, "image")} ${left === 1 ? "is" : "are"} reviewed and left out.`)]
        : []),
    ],
    [{ value: "propose", label: "Propose", kind: "primary" }],
  );
  if (!answer) return false;
  await post("api/proposals", { views: open.map((view) => view.id), model: choice.value, conf: conf.valueAsNumber });
  app.notify(`Proposing objects on ${counted(open.length, "image")}; they appear here when they are found.`);
  return true;
}

/** The models that can propose; the classical one needs no training. */
async function modelChoice() {
  /** @type {{reference: string}[]} */
  const models = await get("api/models").then(cardsOf, () => []);
  const own = models.map(({ reference }) => h("option", { value: reference }, reference)).reverse();
  const classical = h(
    "option",
    { value: "threshold" },
    "threshold (classical: bright or dark blobs, needs no training)",
  );
  return h("select", { id: "propose-model" }, ...own, classical);
}

/**
 * @param {any} told a list of cards, or `{models: cards}`
 * @returns {{reference: string}[]}
 */
function cardsOf(told) {
  const cards = Array.isArray(told) ? told : (told?.models ?? []);
  return cards.filter((/** @type {any} */ card) => typeof card?.reference === "string");
}
