import { ApiError, get, post } from "../api.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../types.js").App} App */

/** @type {Record<string, string>} */
export const NAMES = {
  extra: "made up",
  missed: "missed",
  merged: "merged",
  split: "split",
  class: "other class",
  loose: "loose",
};

/**
 * The images that a model was measured on, the worst first; each opens in the annotator with its mistakes.
 * @param {string} run
 * @param {string} model
 * @param {App} app
 */
export function mistakenImages(run, model, app) {
  const body = h("div", {}, h("p", { class: "dim" }, h("span", { class: "spinner" }), " comparing"));
  const element = h("section", { class: "panel", id: "mistakes" }, h("h3", {}, "Where it is wrong"), body);
  get(`api/runs/${encodeURIComponent(run)}/mistakes`)
    .then((found) => fill(body, table(run, found)))
    .catch((error) => fill(body, nothing(error, model, app)));
  return element;
}

/**
 * @param {string} run
 * @param {import("../training_types.js").Mistaken} found
 */
function table(run, found) {
  const kinds = Object.keys(found.kinds).filter((kind) => found.images.some((line) => line.counts[kind]));
  const head = h(
    "tr",
    {},
    h("th", {}, "image"),
    h("th", {}, "part"),
    h("th", { class: "number" }, "found"),
    kinds.map((kind) => h("th", { class: "number", title: found.kinds[kind] }, NAMES[kind] ?? kind)),
  );
  const rows = found.images.map((line) => {
    const name = line.view ? h("a", { href: address(run, line.view), "data-view": line.view }, line.name) : line.name;
    const cells = kinds.map((kind) =>
      h("td", { class: "number" }, line.counts[kind] ? String(line.counts[kind]) : h("span", { class: "dim" }, "·")),
    );
    return h(
      "tr",
      {},
      h("td", {}, name),
      h("td", {}, line.part),
      h("td", { class: "number" }, `${line.found} of ${line.objects}`),
      cells,
    );
  });
  const hint = `At confidence ${found.conf.toFixed(2)}, beside the annotation as it is now. Open an image to go through its mistakes one by one: some are the annotation's.`;
  return [
    h("p", { class: "dim small" }, hint),
    h("div", { class: "scroll tall" }, h("table", { class: "table" }, h("thead", {}, head), h("tbody", {}, rows))),
  ];
}

/**
 * The address of an image with the mistakes of a run over it.
 * @param {string} run
 * @param {string} view
 */
export function address(run, view) {
  return `#/annotate/${encodeURIComponent(view)}?run=${encodeURIComponent(run)}`;
}

/**
 * @param {unknown} error
 * @param {string} model
 * @param {App} app
 */
function nothing(error, model, app) {
  const measure = () =>
    post("api/jobs", { verb: "evaluate", arguments: { model, part: "val" } }).then(() =>
      app.notify("It is measured now; the mistakes appear when that is done."),
    );
  const can = error instanceof ApiError && error.status === 404;
  return [
    h("p", { class: "dim" }, error instanceof Error ? error.message : String(error)),
    can ? h("button", { class: "button", onclick: measure }, "Measure it now") : null,
  ];
}
