import { post } from "../api.js";
import { accepted, proposals, rejected } from "../commands/proposals.js";
import { above, jobOfView, sayOpen } from "../core/proposed.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { askModel } from "./ask_model.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {{verb: string, state: string, arguments: {images?: string[], model?: string, conf?: number}, error?: {message?: string, next_step?: string}}} Job */

/**
 * What a model proposed here and nobody decided on: a least score to see, accept and reject by it, propose again.
 * @param {Editor} editor
 */
export function proposalsPanel(editor) {
  const parts = widgets(editor);
  const show = () => showState(editor, parts);
  show();
  const leave = [
    editor.store.subscribe(show),
    editor.locked.subscribe(show),
    editor.viewer.objects.options.subscribe(show),
    editor.app.live.on("job", (/** @type {Job} */ job) => void showJob(editor, parts.job, job)),
  ];
  return { element: parts.element, close: () => leave.forEach((one) => one()) };
}

/** @param {Editor} editor */
function widgets(editor) {
  const options = editor.viewer.objects.options;
  const slider = h("input", {
    type: "range",
    id: "proposals-least",
    min: 0,
    max: 1,
    step: 0.01,
    value: options.value.minScore,
  });
  slider.addEventListener("input", () => (options.value = { ...options.value, minScore: slider.valueAsNumber }));
  const said = h("p", { class: "small", id: "proposals-open", role: "status" });
  const least = h("output", { class: "number", for: "proposals-least" });
  const accept = h("button", { class: "button primary", id: "proposals-accept", onclick: () => acceptShown(editor) });
  const reject = h("button", { class: "button", id: "proposals-reject", onclick: () => rejectHidden(editor) });
  const press = (/** @type {string} */ id) => () => editor.actions.all.get(id)?.run();
  const step = (/** @type {string} */ id, /** @type {string} */ title, /** @type {string} */ sign) =>
    h("button", { class: "icon-button", "aria-label": title, title, onclick: press(id) }, sign);
  const back = step("previous-proposal", "Proposal before (Shift+J)", "‹");
  const forth = step("next-proposal", "Next proposal (j)", "›");
  const again = h(
    "button",
    { class: "button quiet", id: "proposals-again", onclick: () => void propose(editor, job) },
    "Propose …",
  );
  const job = h("p", { class: "small dim", id: "proposals-job", role: "status", hidden: true });
  const some = h(
    "div",
    { class: "proposals-some" },
    h("div", { class: "threshold" }, h("label", { for: "proposals-least" }, "Score from"), slider, least),
    h("div", { class: "toolbar" }, accept, reject, back, forth),
  );
  const element = h(
    "div",
    { class: "section-body proposals", id: "proposals" },
    said,
    some,
    h("div", { class: "toolbar" }, again),
    job,
  );
  return { element, said, some, slider, least, accept, reject, job };
}

/**
 * @param {Editor} editor
 * @param {ReturnType<typeof widgets>} parts
 */
function showState(editor, { said, some, slider, least, accept, reject, job }) {
  const { minScore } = editor.viewer.objects.options.value;
  const open = proposals(editor);
  const seen = above(open, minScore);
  fill(said, sayOpen(open.length, seen.length));
  some.hidden = !open.length;
  if (open.length) job.hidden = true;
  slider.value = String(minScore);
  fill(least, minScore.toFixed(2));
  fill(accept, `Accept ${seen.length}`);
  accept.disabled = !seen.length;
  accept.title = `Accept ${counted(seen.length, "proposal")} with a score from ${minScore.toFixed(2)} up`;
  const below = open.length - seen.length;
  fill(reject, `Reject ${below} below`);
  reject.disabled = !below;
}

/** @param {Editor} editor */
function acceptShown(editor) {
  accepted(editor, above(proposals(editor), editor.viewer.objects.options.value.minScore));
}

/** @param {Editor} editor */
function rejectHidden(editor) {
  const open = proposals(editor);
  const kept = new Set(above(open, editor.viewer.objects.options.value.minScore));
  rejected(
    editor,
    open.filter((object) => !kept.has(object)),
  );
}

/**
 * Have a model propose objects on this image, as a job.
 * @param {Editor} editor
 * @param {HTMLElement} job
 */
async function propose(editor, job) {
  if (editor.store.state === "reviewed") {
    return editor.notify(
      "This image is complete: proposals go to images that are new or drafts. Reopen it first.",
      "warning",
    );
  }
  const choice = await askModel("Propose objects on this image", [
    "What a person drew or accepted stays; what a model proposed before is replaced.",
  ]);
  if (!choice) return;
  await editor.autosave.flush();
  const entry = await post("api/proposals", { views: [editor.view.id], ...choice });
  await showJob(editor, job, entry);
}

/**
 * @param {Editor} editor
 * @param {HTMLElement} element
 * @param {Job} job
 */
async function showJob(editor, element, job) {
  const words = jobOfView(job, editor.view.id);
  if (words === null) return;
  if (job.state === "finished") await editor.autosave.sync(); // its proposals may be on their way
  element.hidden = words === "" || (job.state === "finished" && proposals(editor).length > 0);
  fill(element, words);
}
