import { inReadingOrder } from "../core/order.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { ask } from "../panels/dialog.js";
import { field } from "../panels/field.js";
import { unchanged } from "../tools/add.js";
import { bringIntoSight } from "./selecting.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function proposalActions(editor) {
  const group = "Proposals";
  const some = () => proposals(editor).length > 0;
  return [
    {
      id: "accept",
      title: "Accept the selected proposals, go on to the next",
      group,
      keys: ["Enter"],
      run: () => decide(editor, accepted),
      when: some,
    },
    {
      id: "reject",
      title: "Reject the selected proposals, go on to the next",
      group,
      keys: ["x"],
      run: () => decide(editor, rejected),
      when: some,
    },
    { id: "next-proposal", title: "Next proposal", group, keys: ["j"], run: () => goTo(editor, 1), when: some },
    {
      id: "previous-proposal",
      title: "Proposal before",
      group,
      keys: ["Shift+J"],
      run: () => goTo(editor, -1),
      when: some,
    },
    {
      id: "accept-above",
      title: "Accept all proposals above a score …",
      group,
      keys: ["Shift+Enter"],
      run: () => void acceptAbove(editor),
      when: some,
    },
    {
      id: "reject-all",
      title: "Reject all proposals that are still open …",
      group,
      keys: ["Shift+X"],
      run: () => void rejectAll(editor),
      when: some,
    },
  ];
}

/**
 * The proposals that nobody decided on and that may be changed.
 * @param {Editor} editor
 */
export function proposals({ store, locked }) {
  return [...store.objects.values()].filter((object) => store.proposal(object) && !locked.value.has(object.id));
}

/**
 * Accept proposals; those on which somebody else decided meanwhile are left as they are.
 * @param {Editor} editor
 * @param {ImageObject[]} objects
 */
export function accepted(editor, objects) {
  const upsert = unchanged(editor, objects).map(({ id }) => editor.corrected(id));
  editor.apply({ upsert, message: `accepted ${counted(upsert.length, "proposal")}` });
}

/**
 * Reject proposals; those on which somebody else decided meanwhile are left as they are.
 * @param {Editor} editor
 * @param {ImageObject[]} objects
 */
export function rejected(editor, objects) {
  const removed = unchanged(editor, objects).map(({ id }) => id);
  editor.apply({ removed, message: `rejected ${counted(removed.length, "proposal")}` });
}

/**
 * Decide on what is selected; with nothing selected go to the first proposal, so that nothing is decided unseen.
 * @param {Editor} editor
 * @param {(editor: Editor, objects: ImageObject[]) => void} act
 */
function decide(editor, act) {
  const open = proposals(editor);
  const chosen = open.filter(({ id }) => editor.selection.value.has(id));
  if (!chosen.length) return goTo(editor, 1);
  const order = shownInOrder(editor, open);
  const last = Math.max(...chosen.map(({ id }) => order.indexOf(id)));
  const gone = new Set(chosen.map(({ id }) => id));
  const next = [...order.slice(last + 1), ...order].find((id) => !gone.has(id));
  act(editor, chosen);
  show(editor, next);
}

/**
 * @param {Editor} editor
 * @param {1 | -1} by
 */
function goTo(editor, by) {
  const order = shownInOrder(editor, proposals(editor));
  const now = order.indexOf([...editor.selection.value].at(-1) ?? "");
  const start = now < 0 && by < 0 ? 0 : now;
  show(editor, order[(start + by + order.length) % order.length]);
}

/**
 * @param {Editor} editor
 * @param {ImageObject[]} objects
 */
function shownInOrder(editor, objects) {
  return inReadingOrder(objects.filter(({ id }) => editor.viewer.objects.isShown(id)));
}

/**
 * @param {Editor} editor
 * @param {string | undefined} id
 */
function show(editor, id) {
  editor.selection.value = new Set(id ? [id] : []);
  if (id) bringIntoSight(editor, id);
  else if (!proposals(editor).length)
    editor.notify("That was the last proposal. Ctrl+Enter says that the image is complete.");
}

/** @param {Editor} editor */
async function acceptAbove(editor) {
  const open = proposals(editor);
  const chosen = (/** @type {number} */ least) => open.filter(({ score }) => (score ?? 1) >= least);
  const said = h("output", {});
  const input = h("input", { type: "range", id: "least-score", min: 0, max: 1, step: 0.01, value: 0.5 });
  const tell = () => {
    said.textContent = `${input.valueAsNumber.toFixed(2)}: ${counted(chosen(input.valueAsNumber).length, "proposal")}`;
  };
  input.addEventListener("input", tell);
  tell();
  const body = field("Accept those with at least this score", input);
  body.append(said);
  const answer = await ask(
    "Accept proposals above a score",
    [body],
    [{ value: "accept", label: "Accept", kind: "primary" }],
  );
  if (answer) accepted(editor, chosen(input.valueAsNumber));
}

/** @param {Editor} editor */
async function rejectAll(editor) {
  const open = proposals(editor);
  const words = `${counted(open.length, "proposal")} will be removed from this image. Ctrl+Z brings them back.`;
  const answer = await ask(
    "Reject all open proposals?",
    [h("p", {}, words)],
    [{ value: "reject", label: "Reject all", kind: "danger" }],
  );
  if (answer) rejected(editor, open);
}
