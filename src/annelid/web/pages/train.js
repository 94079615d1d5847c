import { get } from "../api.js";
import { hashOf } from "../core/route.js";
import { ago } from "../core/words.js";
import { fill, h } from "../dom.js";
import { findingsPanel } from "../panels/findings.js";
import { jobsPanel } from "../panels/jobs.js";
import { TrainForm } from "../panels/train_form.js";

/** @typedef {import("../panels/train_form.js").Settable} Settable */

/** @type {import("../types.js").Mount} */
export async function mount(host, app, argument) {
  const settable = /** @type {Settable} */ (await get("api/parameters"));
  const jobs = jobsPanel(app);
  const findings = findingsPanel();
  const runs = h(
    "section",
    { class: "panel", id: "runs" },
    h("h3", {}, "Trainings"),
    h("p", { class: "dim" }, "None yet."),
  );
  const form = new TrainForm(settable, app, argument);
  fill(
    host,
    h(
      "div",
      { class: "columns" },
      h("div", { class: "column" }, form.element),
      h("div", { class: "column" }, jobs.element, findings.element, runs),
    ),
  );
  const showRuns = () => listRuns(runs).catch((error) => app.notify(error.message, "error"));
  await showRuns();
  form.plan();
  const leave = [
    app.live.on("run", showRuns),
    app.live.on("hello", () => void form.lookAgain()),
    app.live.on("job", (job) => {
      if (job.ended) void showRuns();
      form.follow(job);
    }),
  ];
  return () => [jobs.close, findings.close, ...leave].forEach((stop) => stop());
}

/** @param {HTMLElement} panel */
async function listRuns(panel) {
  const runs = /** @type {import("../training_types.js").RunLine[]} */ (await get("api/runs"));
  if (!runs.length) return;
  const rows = runs.map((run) =>
    h(
      "tr",
      { "data-run": run.name },
      h("td", {}, h("a", { href: hashOf("runs", run.name) }, run.name)),
      h("td", {}, h("span", { class: `chip state-${run.state}` }, h("span", { class: "dot" }), run.state)),
      h("td", { class: "number" }, run.epochs ? `${run.epoch} / ${run.epochs}` : "–"),
      h(
        "td",
        { class: "number" },
        typeof run.metrics.F1 === "number" ? `${run.metrics.F1.toFixed(3)} (${run.metrics.part})` : "–",
      ),
      h("td", { class: "number" }, typeof run.metrics["mAP50"] === "number" ? run.metrics["mAP50"].toFixed(3) : "–"),
      h("td", { class: "dim" }, run.started ? ago(new Date(run.started * 1000)) : ""),
    ),
  );
  const heads = ["run", "state", "epoch", "F1", "mAP 50", "begun"].map((name, n) =>
    h("th", { class: n > 1 && n < 5 ? "number" : "" }, name),
  );
  fill(
    panel,
    h("h3", {}, "Trainings"),
    h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)),
  );
}
