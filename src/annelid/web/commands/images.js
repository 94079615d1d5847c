import { hashOf } from "../core/route.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function imageActions(editor) {
  const group = "Images";
  return [
    {
      id: "next-image",
      title: "Next image",
      group,
      keys: [".", "PageDown"],
      run: () => open(editor, neighbour(editor, 1)),
      when: () => neighbour(editor, 1) !== undefined,
    },
    {
      id: "previous-image",
      title: "Image before",
      group,
      keys: [",", "PageUp"],
      run: () => open(editor, neighbour(editor, -1)),
      when: () => neighbour(editor, -1) !== undefined,
    },
    {
      id: "next-open-image",
      title: "Next image that nobody reviewed",
      group,
      keys: ["Shift+PageDown", ">"],
      run: () => openNextOpen(editor),
    },
  ];
}

/**
 * The image before or behind this one in the list.
 * @param {Pick<Editor, "view" | "views">} editor
 * @param {1 | -1} by
 * @returns {ViewSummary | undefined}
 */
export function neighbour({ view, views }, by) {
  const now = views.findIndex(({ id }) => id === view.id);
  return now < 0 ? undefined : views[now + by];
}

/**
 * The next image with work to do, from this one on and then from the first.
 * @param {Editor} editor
 * @returns {ViewSummary | undefined}
 */
export function nextOpen({ view, views }) {
  const now = views.findIndex(({ id }) => id === view.id);
  return [...views.slice(now + 1), ...views.slice(0, Math.max(now, 0))].find(({ state }) => state !== "reviewed");
}

/** @param {Editor} editor */
export function openNextOpen(editor) {
  const next = nextOpen(editor);
  if (next) open(editor, next);
  else editor.notify("All other images are reviewed.");
}

/**
 * @param {Editor} editor
 * @param {ViewSummary | undefined} view
 */
function open(editor, view) {
  if (view) editor.app.go(hashOf("annotate", view.id));
}
