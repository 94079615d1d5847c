// Everything that a person can do while annotating, but for what panels add.

import { viewActions } from "../view/view_actions.js";
import { classActions } from "./classes.js";
import { completionActions } from "./completion.js";
import { editingActions } from "./editing.js";
import { imageActions } from "./images.js";
import { proposalActions } from "./proposals.js";
import { selectingActions } from "./selecting.js";
import { shapeActions } from "./shapes.js";
import { toolActions } from "./tools.js";
import { visibilityActions } from "./visibility.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * @param {Editor} editor
 * @returns {Action[]} in the order of the help sheet
 */
export function allActions(editor) {
  return [
    ...toolActions(editor),
    ...editingActions(editor),
    ...classActions(editor),
    ...selectingActions(editor),
    ...shapeActions(editor),
    ...visibilityActions(editor),
    ...proposalActions(editor),
    ...completionActions(editor),
    ...imageActions(editor),
    ...viewActions(editor.viewer),
  ];
}
