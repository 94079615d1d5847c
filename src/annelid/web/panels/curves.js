import { bestEpoch, chartsOf } from "../core/course.js";
import { fill, h } from "../dom.js";
import { keep, kept } from "../keep.js";
import { lineChart } from "./chart.js";

/** @typedef {import("../core/course.js").Columns} Columns */

const LOG = "curves-log";

/** The curves of a training, drawn anew as epochs come in. */
export function curvesPanel() {
  const charts = h("div", { class: "charts" });
  const log = h("input", { type: "checkbox", id: "curves-log" });
  log.checked = kept(LOG) === "yes";
  /** @type {Columns} */
  let shown = {};
  const draw = () => {
    const epochs = /** @type {number[]} */ ((shown.epoch ?? []).filter((epoch) => epoch !== null));
    const made = chartsOf(shown).map((chart) => lineChart(chart, epochs, { log: log.checked, best: bestEpoch(shown) }));
    fill(charts, made.length ? made : h("p", { class: "dim" }, "The curves begin with the end of the first epoch."));
  };
  log.addEventListener("change", () => {
    keep(LOG, log.checked ? "yes" : "no");
    draw();
  });
  const title = h("h3", {}, "Curves");
  const note = h("span", { class: "dim small" }, "the best epoch so far is marked; it is the one that is kept");
  const toggle = h("label", { class: "check" }, log, "logarithmic losses");
  const element = h(
    "section",
    { class: "panel curves", id: "curves" },
    h("div", { class: "toolbar" }, title, note, h("span", { class: "spacer" }), toggle),
    charts,
  );
  return {
    element,
    /** @param {Columns} columns */
    update(columns) {
      shown = columns;
      draw();
    },
    /** Whether there is anything to draw. */
    get isEmpty() {
      return chartsOf(shown).length === 0;
    },
  };
}
