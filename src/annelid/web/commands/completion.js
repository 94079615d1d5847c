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
  if (!(await decided(editor, "image"))) return false;
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
  const isWithin = (/** @type {ImageObject} */ { shape }) => {
    const centre = shapeCentre(shape);
    return centre !== null && ringContains(ring, ...centre);
  };
  if (!(await decided(editor, "area", isWithin))) return;
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
 * What becomes of proposals that nobody looked at: complete means that somebody did. Asked until there are none, also
 * where new ones came meanwhile.
 * @param {Editor} editor
 * @param {"image" | "area"} what
 * @param {(object: ImageObject) => boolean} [isWithin]
 * @returns {Promise<boolean>} false when the person goes back
 */
async function decided(editor, what, isWithin = () => true) {
  for (let open = proposals(editor).filter(isWithin); open.length; open = proposals(editor).filter(isWithin)) {
    const answer = await askAbout(open.length, what);
    if (!answer) return false;
    if (answer === "accept") accepted(editor, open);
    else rejected(editor, open);
  }
  const { store } = editor;
  const locked = [...store.objects.values()].filter((object) => store.proposal(object) && isWithin(object)).length;
  if (locked) editor.notify(`${counted(locked, "proposal")} still open but locked: Alt+K unlocks all.`, "warning");
  return !locked;
}

/**
 * @param {number} count
 * @param {"image" | "area"} what
 */
async function askAbout(count, what) {
  const words = [
    `A model proposed ${counted(count, "object")} in this ${what} that nobody decided on yet.`,
    `A complete ${what} has none: what is wrong here is learned.`,
  ].join(" ");
  return ask(
    `${counted(count, "proposal")} still open`,
    [h("p", {}, words)],
    [
      { value: "reject", label: "Remove them", kind: "danger" },
      { value: "accept", label: "Accept them", kind: "primary" },
    ],
  );
}
