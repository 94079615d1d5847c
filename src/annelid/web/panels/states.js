import { completeImage, reopen } from "../commands/completion.js";
import { neighbour, nextOpen, openNextOpen } from "../commands/images.js";
import { hashOf } from "../core/route.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../types.js").Editor} Editor */

const WORDS = { new: "new", draft: "draft", reviewed: "reviewed" };

/**
 * Which image this is, what its state is, and where one goes from here.
 * @param {Editor} editor
 */
export function states(editor) {
  const { view, views } = editor;
  const place = views.findIndex(({ id }) => id === view.id);
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
    const isReviewed = editor.store.state === "reviewed";
    fill(state, h("span", { class: `dot ${editor.store.state}` }), WORDS[editor.store.state], " · ", summary(editor));
    fill(action, isReviewed ? "Back to draft" : "Image complete");
    action.title = isReviewed
      ? "Not complete after all (Alt+R)"
      : "Every object of this image is annotated (Ctrl+Enter)";
    action.classList.toggle("primary", !isReviewed);
  };
  show();
  next.disabled = !nextOpen(editor);
  const element = h(
    "div",
    { class: "toolbar states" },
    step(editor, -1, "‹", "Image before (PageUp)"),
    h("strong", { class: "image-name", id: "image-name", title: view.path }, view.name),
    h("span", { class: "dim number" }, `${place + 1} / ${views.length}`),
    step(editor, 1, "›", "Next image (PageDown)"),
    h("span", { class: "spacer" }),
    state,
    action,
    next,
  );
  return { element, close: editor.store.subscribe(show) };
}

/** @param {Editor} editor */
function summary({ store }) {
  const { total, proposals } = store.counts;
  const objects = counted(total - proposals, "object");
  return proposals ? `${objects}, ${counted(proposals, "proposal")} open` : objects;
}

/** @param {Editor} editor */
function toggle(editor) {
  if (editor.store.state === "reviewed") reopen(editor);
  else void completeImage(editor);
}

/**
 * @param {Editor} editor
 * @param {1 | -1} by
 * @param {string} text
 * @param {string} title
 */
function step(editor, by, text, title) {
  const other = neighbour(editor, by);
  const go = () => other && editor.app.go(hashOf("annotate", other.id));
  const id = by > 0 ? "next-image" : "previous-image";
  return h("button", { class: "icon-button", id, title, "aria-label": title, disabled: !other, onclick: go }, text);
}
