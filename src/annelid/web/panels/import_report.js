import { get } from "../api.js";
import { counted, listed, number } from "../core/words.js";
import { hashOf } from "../core/route.js";
import { h } from "../dom.js";
import { lossList } from "./losses.js";

/**
 * What an import did.
 * @typedef {Object} Imported
 * @property {{new: number, known: number, annotated: number}} images
 * @property {Record<string, number>} objects
 * @property {string[]} classes_added
 * @property {string} format
 * @property {import("./losses.js").Loss[]} losses
 * @property {string[]} notes
 */

/**
 * What came in, what did not, and where to go on.
 * @param {Imported} told
 * @param {{path: string, why: string}[]} unsent files that never reached the server
 * @param {import("../types.js").App} app
 */
export function importReport(told, unsent, app) {
  const more = h(
    "button",
    { class: "button", id: "label-first", onclick: () => labelFirst(app) },
    "Label the next image",
  );
  return h(
    "section",
    { class: "panel import-report", id: "import-report" },
    h("h2", {}, headline(told)),
    ...sentences(told).map((text) => h("p", {}, text)),
    ...told.notes.map((note) => h("p", { class: "notice" }, note)),
    ...(unsent.length ? [h("h3", {}, `${counted(unsent.length, "file")} could not be sent`), unsentList(unsent)] : []),
    ...(told.losses.length ? [h("h3", {}, "What did not come in, or not as it was"), lossList(told.losses)] : []),
    h(
      "div",
      { class: "toolbar" },
      h("button", { class: "button primary", id: "to-images", onclick: () => app.go("#/images") }, "See the images"),
      more,
    ),
  );
}

/** @param {Imported} told */
function headline({ images }) {
  if (images.new) return `${counted(images.new, "image")} came in`;
  if (images.annotated)
    return `${counted(images.annotated, "image")} got ${images.annotated === 1 ? "its" : "their"} annotation`;
  return images.known ? "The project has these images already" : "Nothing came in";
}

/** @param {Imported} told */
function sentences({ images, objects, classes_added, format }) {
  const all = Object.entries(objects).map(([label, count]) => `${number(count)} × ${label}`);
  return [
    images.known && images.new
      ? `${counted(images.known, "image")} ${images.known === 1 ? "was" : "were"} known already.`
      : "",
    all.length ? `${counted(images.annotated, "image")} annotated (${format || "recognised"}): ${listed(all)}.` : "",
    images.known && images.annotated
      ? "Where there was annotation before, the new one took its place; the history of an image brings it back."
      : "",
    classes_added.length ? `New classes: ${listed(classes_added)}.` : "",
  ].filter(Boolean);
}

/** @param {{path: string, why: string}[]} unsent */
function unsentList(unsent) {
  return h(
    "ul",
    {},
    unsent.map(({ path, why }) => h("li", {}, `${path}: ${why}`)),
  );
}

/** @param {import("../types.js").App} app */
async function labelFirst(app) {
  /** @type {import("../types.js").ViewSummary[]} */
  const views = await get("api/views");
  const next = views.find((view) => view.state !== "reviewed") ?? views[0];
  app.go(next ? hashOf("annotate", next.id) : "#/images");
}
