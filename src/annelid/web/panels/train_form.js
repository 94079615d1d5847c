import { ApiError, get, post } from "../api.js";
import { wishesOf } from "../core/command.js";
import { runToOpen } from "../core/job_news.js";
import { hashOf } from "../core/route.js";
import { counted, listed } from "../core/words.js";
import { fill, h } from "../dom.js";
import { field } from "./field.js";
import { parametersPanel } from "./parameters.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("./parameters.js").Parameter} Parameter */

/**
 * @typedef {Object} EngineInfo
 * @property {string} name
 * @property {string | null} health
 * @property {Record<string, string>} default
 * @property {string[]} architectures
 * @property {Parameter[]} parameters
 */

/** @typedef {{engines: EngineInfo[], models: string[], weights: string[]}} Settable */

/** @type {Record<string, string>} */
const ENGINES = {
  yolo: "YOLO: learns outlines or boxes from your annotation",
  threshold: "Threshold: no learning to speak of, seconds; a baseline",
};
const PLAN_MS = 250;

/** What is asked for before a training begins. */
export class TrainForm {
  /**
   * @param {Settable} settable
   * @param {App} app
   * @param {string} argument what is filled in to begin with
   */
  constructor(settable, app, argument) {
    const { options, params } = wishesOf(argument);
    this.settable = settable;
    this.app = app;
    this.given = params;
    this.engine = h(
      "select",
      { id: "train-engine" },
      settable.engines.map(({ name }) => h("option", { value: name }, ENGINES[name] ?? name)),
    );
    this.engine.value = options.engine ?? "yolo";
    this.model = h("input", {
      id: "train-model",
      list: "train-models",
      value: options.model,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.models = h("datalist", { id: "train-models" });
    this.name = h("input", {
      id: "train-name",
      value: options.name,
      autocomplete: "off",
      placeholder: "chosen for you",
    });
    this.leakage = h("input", { type: "checkbox", id: "train-leakage" });
    this.set = h("div", { id: "train-parameters" });
    this.facts = h("div", { id: "train-plan", role: "status" });
    this.start = h(
      "button",
      { class: "button primary", id: "train-start", onclick: () => this.begin() },
      "Start training",
    );
    this.element = this.form();
    this.engine.addEventListener("change", () => this.showEngine());
    this.model.addEventListener("change", () => this.plan());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** Job whose run is shown as soon as it exists; "" once the person does something else. */
    this.awaited = "";
    this.element.addEventListener("input", () => (this.awaited = ""));
    this.showEngine();
  }

  form() {
    const start = h(
      "div",
      { class: "toolbar" },
      this.start,
      h(
        "label",
        { class: "check small" },
        this.leakage,
        "train even if parts of the split share images (it is noted on the model)",
      ),
    );
    return h(
      "section",
      { class: "panel train-form" },
      h("h3", {}, "Train a model"),
      field("Engine", this.engine),
      field(
        "Start from",
        this.model,
        "Empty: from scratch, the smallest model. Or a model of the library, weights in models/fetched, or an architecture such as yolo11s-seg.yaml.",
      ),
      this.models,
      field("Name", this.name, "Of the run, and of the model in the library."),
      this.facts,
      start,
      h("h4", {}, "What matters most"),
      this.set,
    );
  }

  /** @returns {EngineInfo} */
  get info() {
    return /** @type {EngineInfo} */ (
      this.settable.engines.find(({ name }) => name === this.engine.value) ?? this.settable.engines[0]
    );
  }

  showEngine() {
    const { architectures, parameters } = this.info;
    const made = architectures.flatMap((name) => [`${name}-seg.yaml`, `${name}.yaml`]);
    fill(
      this.models,
      [...this.settable.models, ...this.settable.weights, ...made].map((value) => h("option", { value })),
    );
    this.parameters = parametersPanel(parameters, this.given, () => this.planSoon());
    fill(this.set, this.parameters.element);
    this.plan();
  }

  planSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.plan(), PLAN_MS);
  }

  /** Say what the training would be made of, or why it cannot be. */
  async plan() {
    const asked = {
      engine: this.engine.value,
      model: this.model.value.trim(),
      params: this.parameters?.values() ?? {},
    };
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    try {
      const plan = await post("api/plan", asked);
      if (turn !== this.turn) return;
      this.parameters?.showUsed(plan.parameters);
      this.name.placeholder = plan.name || "chosen for you";
      this.show(foreseen(plan), Object.keys(plan.images).length > 0);
    } catch (error) {
      if (turn === this.turn) this.show(refused(error), false);
    }
  }

  /**
   * @param {Node} facts
   * @param {boolean} isReady
   */
  show(facts, isReady) {
    const health = this.info.health;
    fill(this.facts, health ? h("p", { class: "notice error" }, health) : facts);
    this.start.disabled = !isReady || Boolean(health);
  }

  async begin() {
    const given = { model: this.model.value.trim(), name: this.name.value.trim() };
    const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
    const leakage = this.leakage.checked ? { allow_leakage: true } : {};
    const asked = { engine: this.engine.value, ...named, ...leakage, ...this.parameters?.values() };
    this.start.disabled = true;
    try {
      const job = await post("api/jobs", { verb: "train", arguments: asked });
      this.app.notify(`Training is job ${job.id} of the queue. It goes on when the page is closed.`);
      this.awaited = job.id;
      await this.lookAgain();
    } catch (error) {
      this.show(refused(error), true);
    } finally {
      this.start.disabled = false;
    }
  }

  /** Ask about the awaited job: what was told while nobody listened is not told again. */
  async lookAgain() {
    if (!this.awaited) return;
    const job = await get(`api/jobs/${this.awaited}`).catch(() => null); // it is looked for again after the gap
    if (job) this.follow(job);
  }

  /** @param {import("./jobs.js").Job} job */
  follow(job) {
    const run = runToOpen(this.awaited, job);
    if (run && this.element.isConnected) location.hash = hashOf("runs", run);
  }
}

/** @param {any} plan */
function foreseen(plan) {
  const images = Object.values(plan.images).reduce((sum, count) => sum + Number(count), 0);
  if (!images) {
    return h(
      "div",
      { class: "notice warning" },
      h(
        "p",
        {},
        "No image is reviewed yet: a training learns from images that a person has marked complete. ",
        h("a", { href: hashOf("images") }, "Annotate some first"),
        ".",
      ),
    );
  }
  const parts = Object.entries(plan.images).map(([part, count]) =>
    part === "new" ? `${count} not yet divided (the training divides them)` : `${count} ${part}`,
  );
  const objects = Object.entries(plan.objects).map(([name, count]) => counted(Number(count), name, name));
  const start = plan.parent ? `from ${plan.parent}` : plan.model.split("/").pop();
  return h(
    "div",
    { class: "notice" },
    h(
      "div",
      {},
      h("p", {}, `${counted(images, "reviewed image")}: ${listed(parts)}; ${listed(objects)}.`),
      h(
        "p",
        {},
        `It learns ${plan.task === "segment" ? "outlines" : "boxes"}, starting ${plan.parent ? start : `with ${start}`}.`,
      ),
      plan.recipe ? h("p", { class: "small", id: "train-recipe" }, plan.recipe) : null,
    ),
  );
}

/** @param {unknown} error */
function refused(error) {
  const step = error instanceof ApiError && error.nextStep ? ` What to do: ${error.nextStep}.` : "";
  return h("p", { class: "notice error" }, `${error instanceof Error ? error.message : String(error)}.${step}`);
}
