import { bestEpoch, duration } from "../core/course.js";
import { hashOf } from "../core/route.js";
import { h } from "../dom.js";

/** @typedef {import("../training_types.js").Run} Run */

/**
 * What a run is, how far it has come, and the buttons to stop it and to go on.
 * @param {Run} run
 * @param {{stop: () => void, resume: () => void}} actions
 */
export function runHead(run, { stop, resume }) {
  const state = h(
    "span",
    { class: `chip state-${run.state}`, id: "run-state" },
    h("span", { class: "dot" }),
    run.state,
  );
  const buttons = [
    run.state === "running" ? h("button", { class: "button", id: "run-stop", onclick: stop }, "Stop") : null,
    ["interrupted", "failed"].includes(run.state) && !run.job
      ? h("button", { class: "button primary", id: "run-resume", onclick: resume }, "Resume")
      : null,
    run.report
      ? h(
          "a",
          {
            class: "button",
            id: "run-report",
            href: `api/runs/${encodeURIComponent(run.name)}/files/report.html`,
            target: "_blank",
            rel: "noopener",
          },
          "Report",
        )
      : null,
    run.model ? h("a", { class: "button", href: hashOf("models") }, run.model) : null,
  ];
  return h(
    "section",
    { class: "panel run-head" },
    h(
      "div",
      { class: "toolbar" },
      h("a", { href: "#/train", class: "dim" }, "Trainings"),
      h("h2", {}, run.name),
      state,
      h("span", { class: "spacer" }),
      buttons,
    ),
    h(
      "p",
      { class: "dim" },
      `${run.engine}, ${run.task === "segment" ? "outlines" : "boxes"}, started from ${run.start}. ${typed(run.params)}`,
    ),
    run.said.map((text) => h("p", { class: "small" }, text)),
    run.state === "running" ? going(run) : null,
    run.error ? ended(run.error) : null,
    remarks(run.remarks),
    facts(run),
  );
}

/** @param {{type: string, message: string, next_step?: string}} error */
function ended({ type, message, next_step: step }) {
  if (type === "Interrupted") return h("p", { class: "notice warning" }, `${message}. Resume goes on from there.`);
  return h("p", { class: "notice error" }, `${message}. ${step ?? ""}`);
}

/** @param {Record<string, unknown>} params */
function typed(params) {
  const given = Object.entries(params).map(([name, value]) => `${name} ${value}`);
  return given.length ? `Chosen by hand: ${given.join(", ")}.` : "Nothing was chosen by hand.";
}

/** @param {Run} run */
function going(run) {
  const { now } = run;
  const epochs = run.epochs || 0;
  const within = now?.what?.startsWith("epoch") && now.of ? (now.done ?? 0) / now.of : 0;
  const bar = epochs
    ? h("progress", {
        class: "progress",
        max: epochs,
        value: Math.min(run.epoch + within, epochs),
        "aria-label": "epochs",
      })
    : null;
  const words = now?.what
    ? `${now.what} ${now.done} of ${now.of}`
    : epochs && run.epoch < epochs
      ? `epoch ${run.epoch + 1} of ${epochs}`
      : "working";
  return h(
    "div",
    { id: "run-progress" },
    bar,
    h("p", { class: "small" }, h("span", { class: "spinner" }), ` ${words}`),
  );
}

/** @param {string[]} said */
function remarks(said) {
  if (!said.length) return null;
  return h(
    "details",
    {},
    h("summary", { class: "small dim" }, `${said.length} remark${said.length > 1 ? "s" : ""} on this training`),
    h(
      "ul",
      { class: "plain small" },
      said.map((text) => h("li", {}, text)),
    ),
  );
}

/** @param {Run} run */
function facts(run) {
  const { last, card } = run;
  if (!last) return null;
  const isOver = run.state !== "running";
  const found = [
    ["epoch", run.epochs ? `${run.epoch} of ${run.epochs}` : String(run.epoch)],
    isOver ? ["took", card ? duration(card.seconds) : "–"] : ["time left", duration(last.seconds_left ?? 0)],
    ["an epoch takes", typeof last.seconds === "number" ? duration(last.seconds) : "–"],
    ["images a second", (last.images_per_s ?? 0).toFixed(1)],
    ["memory", `${(last.memory_gb ?? 0).toFixed(1)} GB`],
    ["best epoch", String(card?.best_epoch || bestEpoch(run.curves) || "–")],
  ];
  return h(
    "dl",
    { class: "facts" },
    found.map(([name, value]) => h("div", {}, h("dt", {}, name ?? ""), h("dd", {}, value ?? ""))),
  );
}
