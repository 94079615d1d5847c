import { address, request } from "../api.js";
import { planeOf } from "../core/image_list.js";
import { counted, number } from "../core/words.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {import("../types.js").ClassInfo} ClassInfo */

/** State -> word. */
const STATES = { new: "new", draft: "draft", reviewed: "reviewed" };

/**
 * An image as a card with its thumbnail.
 * @param {ViewSummary} view
 * @param {ClassInfo[]} classes
 * @param {string} folder that tells it from others of its name, or ""
 */
export function card(view, classes, folder) {
  const inside = h(
    "div",
    { class: "image-card" },
    h("div", { class: "thumbnail" }, thumbnail(view, 160), tick(view), proposals(view)),
    h("div", { class: "image-name", title: title(view) }, name(view, folder)),
    h(
      "div",
      { class: "image-facts" },
      state(view),
      part(view),
      h("span", { class: "spacer" }),
      counts(view, classes, 2),
    ),
  );
  return option(view, "image-cell", inside);
}

/**
 * An image as a line of the table.
 * @param {ViewSummary} view
 * @param {ClassInfo[]} classes
 * @param {string} folder that tells it from others of its name, or ""
 */
export function line(view, classes, folder) {
  const certainty = view.certainty === null ? "" : view.certainty.toFixed(2);
  const group = view.group === view.path ? "" : view.group;
  const cells = [
    h("span", {}, tick(view)),
    h("span", { class: "thumbnail" }, thumbnail(view, 160)),
    h("span", { class: "image-name", title: title(view) }, name(view, folder)),
    h("span", {}, state(view)),
    h("span", { class: "number" }, number(view.n_objects)),
    h("span", { class: "clipped" }, counts(view, classes, 4)),
    h("span", { class: "number" }, view.proposals ? number(view.proposals) : ""),
    h("span", { class: "number" }, certainty),
    h("span", {}, view.part),
    h("span", { class: "clipped", title: group }, group),
    h("span", { class: "number" }, `${view.size_wh[0]} × ${view.size_wh[1]}`),
    h("span", { class: "clipped" }, `${view.dtype}${view.channels.length > 1 ? ` × ${view.channels.length}` : ""}`),
  ];
  return option(view, "image-line", ...cells);
}

/** The heads of the table's columns, as `line` has them, and by what a click on one orders. */
export const COLUMNS = /** @type {const} */ ([
  ["", ""],
  ["", ""],
  ["Name", "name"],
  ["State", ""],
  ["Objects", "objects"],
  ["Classes", ""],
  ["Proposals", "proposals"],
  ["Least certain", "uncertain"],
  ["Part", ""],
  ["Group", ""],
  ["Pixels", ""],
  ["Type", ""],
]);

/**
 * @param {ViewSummary} view
 * @param {string} name
 * @param {...HTMLElement} children
 */
function option(view, name, ...children) {
  const said = `${view.name} ${planeOf(view)}, ${STATES[view.state]}, ${counted(view.n_objects, "object")}`;
  return h(
    "div",
    { class: name, role: "option", id: `view-${view.id}`, "data-view": view.id, "aria-label": said },
    ...children,
  );
}

/**
 * @param {ViewSummary} view
 * @param {number} size
 */
function thumbnail(view, size) {
  const source = address(`api/views/${encodeURIComponent(view.id)}/thumbnail`, { size });
  const image = h("img", { src: source, alt: "", loading: "lazy", decoding: "async", draggable: "false" });
  image.addEventListener("error", () => sayWhy(image, source));
  return image;
}

/**
 * In the place of a picture that cannot be shown, why.
 * @param {HTMLImageElement} image
 * @param {string} source
 */
async function sayWhy(image, source) {
  const words = h("span", { class: "no-picture" }, "no picture");
  image.replaceWith(words);
  const error = await request(source).then(
    () => null,
    (/** @type {Error} */ refused) => refused,
  );
  if (error) words.title = error.message;
  if (error) fill(words, "no picture: ", h("span", {}, error.message.split("/").pop() ?? ""));
}

/** @param {ViewSummary} view */
function tick(view) {
  return h("span", { class: "tick", "data-tick": view.id, title: "Select (Space)", "aria-hidden": "true" }, "✓");
}

/** @param {ViewSummary} view */
function proposals(view) {
  return view.proposals
    ? h("span", { class: "chip open", title: "Proposals that nobody looked at" }, `${number(view.proposals)} proposed`)
    : null;
}

/** @param {ViewSummary} view */
export function state(view) {
  const isPart = view.state === "reviewed" && !view.complete;
  const words = isPart ? `${STATES[view.state]} ${Math.round(view.covered * 100)} %` : STATES[view.state];
  return h("span", { class: `state ${view.state}` }, h("span", { class: "dot" }), words);
}

/** @param {ViewSummary} view */
function part(view) {
  return view.part ? h("span", { class: "dim", title: `Part of the split: ${view.part}` }, view.part) : null;
}

/**
 * Dots in the colours of the classes, with their numbers; the most frequent first.
 * @param {ViewSummary} view
 * @param {ClassInfo[]} classes
 * @param {number} most classes that are shown
 */
function counts(view, classes, most) {
  const there = Object.entries(view.counts).sort((a, b) => b[1] - a[1]);
  const colors = new Map(classes.map(({ name: label, color }) => [label, color]));
  const shown = there.slice(0, most).map(([label, count]) => {
    const dot = h("span", { class: "dot" });
    dot.style.background = colors.get(label) ?? "";
    return h("span", { class: "count" }, dot, number(count));
  });
  const words = there.map(([label, count]) => `${label}: ${number(count)}`).join("\n");
  const more = there.length > most ? [h("span", { class: "dim" }, `+${there.length - most}`)] : [];
  return h("span", { class: "counts", title: words || "no objects" }, ...shown, ...more);
}

/**
 * @param {ViewSummary} view
 * @param {string} folder
 */
function name(view, folder) {
  const [before, after] = [folder && `${folder}/`, planeOf(view)];
  return [before && h("span", { class: "dim" }, before), view.name, after && h("span", { class: "dim" }, ` ${after}`)];
}

/** @param {ViewSummary} view */
function title(view) {
  const size = view.pixel_size_um ? `, ${Number(view.pixel_size_um.toPrecision(3))} µm a pixel` : "";
  return `${view.path}\n${view.size_wh[0]} × ${view.size_wh[1]} pixels, ${view.dtype}${size}`;
}
