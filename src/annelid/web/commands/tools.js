import { TOOLS } from "../tools/index.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function toolActions(editor) {
  return TOOLS.map(({ id, title, keys }) => ({
    id: `tool-${id}`,
    title,
    group: "Tools",
    keys,
    run: () => void (editor.tool.value = id),
  }));
}
