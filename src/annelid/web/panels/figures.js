import { h } from "../dom.js";
import { number } from "../core/words.js";

/** @typedef {import("../training_types.js").Figures} Figures */
/** @typedef {import("../training_types.js").Measured} Measured */

const COLUMNS = /** @type {const} */ ([
  ["F1", "F1", "both in one figure"],
  ["P", "Precision", "right among the drawn"],
  ["R", "Recall", "found among the true"],
  ["mAP50", "mAP 50", "over all confidences"],
  ["mAP50-95", "mAP 50–95", "close fit asked for"],
]);

/**
 * The figures of a part with their intervals, a row per class.
 * @param {string} part
 * @param {Measured} measured
 */
export function figuresPanel(part, measured) {
  const { mask, box } = measured.metrics;
  const figures = mask ?? box;
  const all = { name: "all", objects: measured.objects, ...figures };
  const classes = figures.classes.length > 1 ? figures.classes : [];
  const heads = COLUMNS.map(([, title, hint]) => h("th", { scope: "col", class: "number", title: hint }, title));
  const notes = [...new Set([...(measured.uncertainty?.notes ?? []), ...(measured.notes ?? [])])];
  return h(
    "section",
    { class: "panel", id: `figures-${part}` },
    h("h3", {}, `Measured on the ${words(part)} part`),
    h(
      "table",
      { class: "table figures" },
      h(
        "thead",
        {},
        h("tr", {}, h("th", {}, mask ? "of outlines" : "of boxes"), h("th", { class: "number" }, "objects"), ...heads),
      ),
      h("tbody", {}, [all, ...classes].map(row)),
    ),
    h("p", { class: "dim small" }, conditions(figures, measured)),
    notes.length
      ? h(
          "details",
          {},
          h("summary", {}, "What to bear in mind"),
          h(
            "ul",
            { class: "plain" },
            notes.map((note) => h("li", {}, note)),
          ),
        )
      : null,
  );
}

/**
 * @param {Figures} figures
 * @param {Measured} measured
 */
function conditions(figures, measured) {
  const at = `P, R and F1 at confidence ${(figures.conf ?? 0).toFixed(2)}`;
  const groups = measured.uncertainty?.groups ?? measured.images;
  return Object.keys(figures.intervals ?? {}).length
    ? `${at}; in brackets the 95 % interval, over ${groups} groups of images.`
    : `${at}. No intervals: ${groups} groups of images are too few.`;
}

/** @param {Figures} figures */
function row(figures) {
  const cells = COLUMNS.map(([key]) => {
    const value = figures[key];
    const ends = figures.intervals?.[key];
    const within = ends ? h("small", { class: "dim within" }, `(${ends[0].toFixed(2)}–${ends[1].toFixed(2)})`) : null;
    return h("td", { class: "number", "data-figure": key }, typeof value === "number" ? value.toFixed(3) : "–", within);
  });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, figures.name ?? ""),
    h("td", { class: "number" }, number(figures.objects ?? 0)),
    ...cells,
  );
}

/** @param {string} part */
function words(part) {
  return part === "val" ? "validation" : part === "test" ? "test" : "training";
}
