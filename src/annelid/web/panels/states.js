import { completeImage, reopen } from "../commands/completion.js";
import { neighbour, nextOpen, openNextOpen } from "../commands/images.js";
import { boxHolds, shapeBox } from "../core/geometry.js";
import { hashOf } from "../core/route.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { refreshViews } from "../views_of_project.js";

/** @typedef {import("../types.js").Editor} Editor */

/**
 * Which image this is, what its state is, and where one goes from here.
 * @param {Editor} editor
 */
export function states(editor) {
  const { view } = editor;
  const place = h("span", { class: "dim number", id: "image-place" });
  const [before, behind] = [
    step(editor, -1, "‹", "Image before (PageUp)"),
    step(editor, 1, "›", "Next image (PageDown)"),
  ];
  const state = h("span", { class: "state", id: "image-state", role: "status" });
  const action = h("button", { class: "button", id: "image-complete", onclick: () => toggle(editor) });
  const next = h(
    "button",
    {
      class: "button",
      id: "next-open",
      title: "Next image that nobody reviewed (Shift+PageDown)",
      onclick: () => openNextOpen(editor),
    },
    "Next to do",
  );
  const show = () => {
    const isWhole = isComplete(editor);
    fill(state, h("span", { class: `dot ${editor.store.state}` }), wordsOf(editor), " · ", summary(editor));
    fill(action, isWhole ? "Back to draft" : "Image complete");
    action.title = isWhole ? "Not complete after all (Alt+R)" : "Every object of this image is annotated (Ctrl+Enter)";
    action.classList.toggle("primary", !isWhole);
  };
  const showPlace = () => {
    place.textContent = `${editor.views.findIndex(({ id }) => id === view.id) + 1} / ${editor.views.length}`;
    before.disabled = !neighbour(editor, -1);
    behind.disabled = !neighbour(editor, 1);
    next.disabled = !nextOpen(editor);
  };
  show();
  showPlace();
  const element = h(
    "div",
    { class: "toolbar states" },
    before,
    h("strong", { class: "image-name", id: "image-name", title: view.path }, view.name),
    place,
    behind,
    h("span", { class: "spacer" }),
    state,
    action,
    next,
  );
  const leave = [
    editor.store.subscribe(show),
    editor.app.live.on("views", () => void refreshViews(editor).then(showPlace)),
  ];
  return { element, close: () => leave.forEach((stop) => stop()) };
}

/** @param {Editor} editor */
function summary({ store }) {
  const { total, proposals } = store.counts;
  const objects = counted(total - proposals, "object");
  return proposals ? `${objects}, ${counted(proposals, "proposal")} open` : objects;
}

/**
 * Whether the whole image is annotated, not only a part of it.
 * @param {Editor} editor
 */
function isComplete({ store, view }) {
  const [width, height] = view.size_wh;
  const isWhole = (/** @type {number[]} */ ring) => {
    const box = shapeBox([[ring]]);
    return ring.length === 8 && box !== null && boxHolds(box, [0, 0, width, height]);
  };
  return store.state === "reviewed" && store.covered.some(isWhole);
}

/** @param {Editor} editor */
function wordsOf(editor) {
  return editor.store.state === "reviewed" && !isComplete(editor) ? "reviewed in part" : editor.store.state;
}

/** @param {Editor} editor */
function toggle(editor) {
  if (isComplete(editor)) reopen(editor);
  else void completeImage(editor);
}

/**
 * @param {Editor} editor
 * @param {1 | -1} by
 * @param {string} text
 * @param {string} title
 */
function step(editor, by, text, title) {
  const go = () => {
    const other = neighbour(editor, by);
    if (other) editor.app.go(hashOf("annotate", other.id));
  };
  const id = by > 0 ? "next-image" : "previous-image";
  return h("button", { class: "icon-button", id, title, "aria-label": title, onclick: go }, text);
}
