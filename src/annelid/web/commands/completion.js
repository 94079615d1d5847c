import { boxRing } from "../core/figures.js";
import { ringContains, shapeCentre } from "../core/geometry.js";
import { visibleBox } from "../core/transform.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { ask } from "../panels/dialog.js";
import { openNextOpen } from "./images.js";
import { accepted, proposals, rejected } from "./proposals.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function completionActions(editor) {
  const group = "State of the work";
  return [
    {
      id: "image-complete",
      title: "This image is complete: every object is annotated",
      group,
      keys: ["Ctrl+Enter"],
      run: () => void completeImage(editor),
    },
    {
      id: "complete-and-next",
      title: "This image is complete, and on to the next that nobody reviewed",
      group,
      keys: ["Ctrl+Shift+Enter"],
      run: () => void completeImage(editor).then((done) => done && openNextOpen(editor)),
    },
    {
      id: "sight-complete",
      title: "What is in sight is complete",
      group,
      keys: ["Alt+Enter"],
      run: () => void completeSight(editor),
    },
    {
      id: "reopen",
      title: "Not complete after all: back to draft",
      group,
      keys: ["Alt+R"],
      run: () => reopen(editor),
      when: () => editor.store.state === "reviewed",
    },
  ];
}

/**
 * Say that every object of the image is annotated.
 * @param {Editor} editor
 * @returns {Promise<boolean>} false when the person went back
 */
export async function completeImage(editor) {
  if (!(await decided(editor, proposals(editor), "image"))) return false;
  editor.apply({ covered: [wholeImage(editor)], state: "reviewed", message: "image complete" });
  const { size } = editor.store.objects;
  editor.notify(
    size ? `Complete with ${counted(size, "object")}: it is learned from now.` : "Complete: there is nothing on it.",
  );
  return true;
}

/**
 * Say that every object within a ring is annotated.
 * @param {Editor} editor
 * @param {Ring} ring
 */
export async function completeArea(editor, ring) {
  const within = proposals(editor).filter(({ shape }) => {
    const centre = shapeCentre(shape);
    return centre !== null && ringContains(ring, ...centre);
  });
  if (!(await decided(editor, within, "area"))) return;
  editor.apply({ covered: [...editor.store.covered, ring], state: "reviewed", message: "area complete" });
  editor.notify("This area is complete: only such areas are learned from.");
}

/** @param {Editor} editor */
async function completeSight(editor) {
  const { viewer } = editor;
  const [x1, y1, x2, y2] = visibleBox(viewer.transform.value, viewer.size, viewer.screen);
  if (x2 > x1 && y2 > y1) await completeArea(editor, boxRing(x1, y1, x2, y2));
}

/** @param {Editor} editor */
export function reopen(editor) {
  editor.apply({ covered: [], state: "draft", message: "back to draft" });
}

/** @param {Editor} editor */
function wholeImage({ view }) {
  return boxRing(0, 0, ...view.size_wh);
}

/**
 * What becomes of proposals that nobody looked at: complete means that somebody did.
 * @param {Editor} editor
 * @param {ImageObject[]} open
 * @param {"image" | "area"} what
 * @returns {Promise<boolean>} false when the person goes back
 */
async function decided(editor, open, what) {
  if (!open.length) return true;
  const words = [
    `A model proposed ${counted(open.length, "object")} in this ${what} that nobody decided on yet.`,
    `A complete ${what} has none: what is wrong here is learned.`,
  ].join(" ");
  const answer = await ask(
    `${counted(open.length, "proposal")} still open`,
    [h("p", {}, words)],
    [
      { value: "reject", label: "Remove them", kind: "danger" },
      { value: "accept", label: "Accept them", kind: "primary" },
    ],
  );
  if (answer === "accept") accepted(editor, open);
  if (answer === "reject") rejected(editor, open);
  return answer !== "";
}
