import { get, post } from "../api.js";
import { withEpoch } from "../core/course.js";
import { fill, h } from "../dom.js";
import { confusionPanel } from "../panels/confusion.js";
import { curvesPanel } from "../panels/curves.js";
import { diagnosisPanel } from "../panels/diagnosis.js";
import { figuresPanel } from "../panels/figures.js";
import { mistakenImages } from "../panels/mistaken_images.js";
import { runHead } from "../panels/run_head.js";
import { runPictures } from "../panels/run_pictures.js";
import { verdictPanel } from "../panels/verdict.js";

/** @typedef {import("../training_types.js").Run} Run */
/** @typedef {import("../types.js").App} App */

const POLL_MS = 1500;
/** After so many without a word, all of it is read anew: it may be over, or somebody else has stopped it. */
const QUIET_POLLS = 4;

/** @type {import("../types.js").Mount} */
export async function mount(host, app, argument) {
  const page = new RunPage(host, app, await runOf(argument.split("?")[0] ?? ""));
  page.leave.push(
    app.live.on("hello", () => void page.read()),
    app.live.on("run", ({ name }) => name === page.name && void page.read()),
  );
  return () => page.close();
}

/**
 * @param {string} name
 * @returns {Promise<Run>}
 */
function runOf(name) {
  return get(`api/runs/${encodeURIComponent(name)}`);
}

/** A training as it goes, and what came of it. */
class RunPage {
  /**
   * @param {HTMLElement} host
   * @param {App} app
   * @param {Run} run
   */
  constructor(host, app, run) {
    this.host = host;
    this.app = app;
    this.name = run.name;
    this.run = run;
    this.curves = curvesPanel();
    this.head = h("div", {});
    this.result = h("div", { class: "column" });
    this.pictures = h("div", {});
    /** @type {(() => void)[]} */
    this.leave = [];
    this.position = run.position;
    this.quiet = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isClosed = false;
    fill(
      host,
      h(
        "div",
        { class: "column run", "data-run": run.name },
        this.head,
        this.result,
        this.curves.element,
        this.pictures,
      ),
    );
    this.take(run);
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.leave.forEach((stop) => stop());
  }

  /** Read all of it anew. */
  async read() {
    const run = await runOf(this.name);
    if (!this.isClosed) this.take(run);
  }

  /** @param {Run} run */
  take(run) {
    this.run = run;
    this.position = run.position;
    this.columns = run.curves;
    this.show();
    this.pollSoon();
  }

  show() {
    const { run } = this;
    this.showHead();
    this.curves.update(this.columns ?? {});
    this.curves.element.hidden = run.state !== "running" && this.curves.isEmpty;
    fill(this.pictures, runPictures(run));
    fill(this.result, this.results());
    this.host.dataset.state = run.state;
  }

  /** What came of it; nothing while it runs. */
  results() {
    const { run } = this;
    if (run.state === "running") return [];
    if (run.job && !run.verdict)
      return [h("p", { class: "notice", id: "run-waits" }, h("span", { class: "spinner" }), waits(run.job))];
    const measured = Object.entries(run.measured ?? {}).map(([part, figures]) => figuresPanel(part, figures));
    const shown = run.parts.test ?? run.parts.val;
    const names = shown?.classes.map(({ name }) => name) ?? [];
    return [
      run.verdict ? verdictPanel(run.verdict) : null,
      h(
        "div",
        { class: "columns" },
        h("div", { class: "column" }, measured),
        h("div", { class: "column" }, shown ? confusionPanel(names, shown.confusion, shown.conf) : null),
      ),
      run.diagnosis.length ? diagnosisPanel(run.diagnosis, (deed) => void this.act(deed)) : null,
      run.card && run.verdict ? mistakenImages(run.name, run.card.reference, this.app) : null,
    ].filter((each) => each !== null);
  }

  showHead() {
    fill(this.head, runHead(this.run, { stop: () => void this.stop(), resume: () => void this.resume() }));
  }

  /** Ask for new epochs soon, while it runs. */
  pollSoon() {
    clearTimeout(this.timer);
    if (!this.isClosed && (this.run.state === "running" || this.run.job))
      this.timer = setTimeout(() => void this.poll(), POLL_MS);
  }

  async poll() {
    try {
      const { events, next, pictures } = await get(
        `api/runs/${encodeURIComponent(this.name)}/events?from=${this.position}`,
      );
      if (this.isClosed) return;
      this.position = next;
      this.run.pictures = pictures;
      if (events.some((/** @type {{name: string}} */ { name }) => name === "epoch")) return this.takeEpochs(events);
      this.takeProgress(events);
    } catch {
      // the sign in the header says that the server does not answer
    }
    this.pollSoon();
  }

  /** @param {{name: string, data: any}[]} events */
  takeEpochs(events) {
    for (const { name, data } of events) if (name === "epoch") this.columns = withEpoch(this.columns ?? {}, data);
    const last = events.filter(({ name }) => name === "epoch").at(-1)?.data;
    Object.assign(this.run, { last, now: last, epoch: last.epoch, epochs: last.epochs });
    this.curves.update(this.columns ?? {});
    fill(this.pictures, runPictures(this.run));
    this.showHead();
    if (last.epoch >= last.epochs || last.epoch === 1) return void this.read().catch(() => this.pollSoon());
    this.pollSoon();
  }

  /** @param {{name: string, data: any}[]} events */
  takeProgress(events) {
    const moving = events.filter(({ name }) => name === "batch" || name === "progress").at(-1);
    if (moving) this.run.now = moving.data;
    if (moving) this.showHead();
    this.quiet = moving ? 0 : this.quiet + 1;
    if (this.quiet < QUIET_POLLS) return;
    this.quiet = 0;
    void this.read().catch(() => {});
  }

  async stop() {
    await this.told(async () => {
      const jobs = await get("api/jobs");
      const job = jobs.find(
        (/** @type {{run: string, state: string}} */ each) => each.run === this.name && each.state === "running",
      );
      await post(job ? `api/jobs/${job.id}/stop` : `api/runs/${encodeURIComponent(this.name)}/stop`);
      return "The training ends cleanly after this batch; it can be resumed.";
    });
  }

  async resume() {
    await this.told(async () => {
      await post("api/jobs", { verb: "resume", arguments: { run: this.name } });
      return "It goes on as soon as its turn in the queue has come.";
    });
  }

  /** @param {import("../core/command.js").Deed} deed */
  async act({ verb, model, params }) {
    if (verb === "check") return this.app.go("#/train");
    await this.told(async () => {
      await post("api/jobs", { verb, arguments: { model, ...numbers(params) } });
      return verb === "propose" ? "Proposals are on their way; they appear on the images." : "It is measured now.";
    });
  }

  /** @param {() => Promise<string>} act */
  async told(act) {
    try {
      this.app.notify(await act());
    } catch (error) {
      const { message, nextStep } = /** @type {{message: string, nextStep?: string}} */ (error);
      this.app.notify(`${message}. ${nextStep ?? ""}`, "error");
    }
  }
}

/** @param {import("../panels/jobs.js").Job} job */
function waits({ state, verb, id }) {
  if (state === "queued")
    return verb === "resume"
      ? `It goes on as job ${id}, when the jobs before it are done.`
      : `Job ${id} waits for its turn.`;
  return verb === "resume" || verb === "train"
    ? "The model is measured on the validation part now."
    : `Job ${id} works on it now.`;
}

/** @param {Record<string, string>} params */
function numbers(params) {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Number.isFinite(Number(value)) ? Number(value) : value]),
  );
}
