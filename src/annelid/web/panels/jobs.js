import { get, post } from "../api.js";
import { duration } from "../core/course.js";
import { isTakenUp, shareOf } from "../core/job_news.js";
import { hashOf } from "../core/route.js";
import { ago } from "../core/words.js";
import { fill, h } from "../dom.js";

/**
 * An entry of the queue, as the server tells it.
 * @typedef {Object} Job
 * @property {string} id
 * @property {string} verb
 * @property {Record<string, any>} arguments
 * @property {"queued" | "running" | "finished" | "failed" | "interrupted" | "removed"} state
 * @property {boolean} stopping
 * @property {number} added seconds
 * @property {number | null} started
 * @property {number | null} ended
 * @property {string} run
 * @property {{what?: string, done?: number, of?: number, seconds_left?: number}} progress
 * @property {{message?: string, next_step?: string}} error
 */

/** @typedef {import("../types.js").App} App */

const SHOWN = 12;
/** @type {Record<string, string>} */
const VERBS = {
  train: "Train",
  resume: "Go on with",
  propose: "Propose on images with",
  predict: "Predict with",
  evaluate: "Measure",
  export: "Export as",
  check: "Check the data",
  diagnose: "Diagnose",
};

/**
 * The queue: what runs, what waits, what became of the rest. It goes on whether or not anybody looks.
 * @param {App} app
 */
export function jobsPanel(app) {
  const list = h("ul", { class: "list jobs-list" });
  const element = h("section", { class: "panel", id: "jobs" }, h("h3", {}, "Jobs"), list);
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  const draw = () => {
    const shown = [...jobs.values()].filter(({ state }) => state !== "removed").reverse();
    fill(
      list,
      shown.length
        ? shown.slice(0, SHOWN).map((job) => row(job, app, isTakenUp(job, shown)))
        : h("li", { class: "dim" }, "Nothing runs and nothing waits. Jobs go on when the page is closed."),
    );
  };
  const read = async () => {
    for (const job of /** @type {Job[]} */ (await get("api/jobs"))) jobs.set(job.id, job);
    draw();
  };
  const tell = () => read().catch((error) => app.notify(error.message, "error"));
  const leave = [
    app.live.on("hello", tell),
    app.live.on("job", (job) => {
      jobs.set(job.id, job);
      draw();
    }),
  ];
  tell();
  return { element, close: () => leave.forEach((stop) => stop()) };
}

/**
 * @param {Job} job
 * @param {App} app
 * @param {boolean} takenUp whether a later one goes on with it
 */
function row(job, app, takenUp) {
  const what = job.run ? h("a", { href: hashOf("runs", job.run) }, title(job)) : h("span", {}, title(job));
  const isOver = !["queued", "running"].includes(job.state);
  const state = h(
    "span",
    { class: `chip state-${job.state}` },
    h("span", { class: "dot" }),
    job.stopping && !isOver ? "stopping" : job.state,
  );
  const when = job.ended ? ago(new Date(job.ended * 1000)) : "";
  return h(
    "li",
    { class: "job", "data-job": job.id, "data-state": job.state },
    h(
      "div",
      { class: "toolbar" },
      state,
      what,
      h("span", { class: "spacer" }),
      h("span", { class: "dim small" }, when),
      takenUp ? null : actions(job, app),
    ),
    job.state === "running" ? progress(job) : null,
    job.state === "finished" && job.arguments.out
      ? h("p", { class: "small dim" }, `in ${folder(job.arguments.out)} of the project`)
      : null,
    job.error.message
      ? h(
          "p",
          { class: "small problem" },
          job.error.message,
          job.error.next_step ? h("span", { class: "dim" }, ` What to do: ${job.error.next_step}`) : null,
        )
      : null,
  );
}

/** @param {Job} job */
export function title({ verb, arguments: given, run }) {
  const words = VERBS[verb] ?? verb;
  const about =
    verb === "train" ? run || given.name || given.model || given.engine : given.run || given.model || given.format;
  return [words, about, verb === "evaluate" && given.part ? `on the ${given.part} part` : ""].filter(Boolean).join(" ");
}

/** The last two names of a path: `predictions/cells-v1`. @param {string} path */
function folder(path) {
  return path.split(/[\\/]/).slice(-2).join("/");
}

/** @param {Job} job */
function progress(job) {
  const { what, done, of, seconds_left: left } = job.progress;
  if (!what) return h("p", { class: "dim small" }, h("span", { class: "spinner" }), " starting");
  const share = shareOf(job);
  const bar = share === null ? null : h("progress", { class: "progress", max: 1, value: share, "aria-label": what });
  const words = `${what} ${done ?? ""}${of ? ` of ${of}` : ""}${left ? `, ${duration(left)} left` : ""}`;
  return h("div", {}, bar, h("p", { class: "dim small" }, words));
}

/**
 * @param {Job} job
 * @param {App} app
 */
function actions({ id, state, stopping }, app) {
  const act = (/** @type {string} */ verb) => () =>
    post(`api/jobs/${id}/${verb}`).catch((error) => app.notify(`${error.message}. ${error.nextStep}`, "error"));
  if (state === "queued")
    return h("button", { class: "button quiet", "data-act": "stop", onclick: act("stop") }, "Remove");
  if (state === "running")
    return h("button", { class: "button quiet", "data-act": "stop", disabled: stopping, onclick: act("stop") }, "Stop");
  if (state === "finished") return null;
  return h("button", { class: "button quiet", "data-act": "resume", onclick: act("resume") }, "Resume");
}
