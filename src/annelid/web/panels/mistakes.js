import { get } from "../api.js";
import { newId } from "../core/ids.js";
import { COLORS, countsOf, nextOf, shown } from "../core/mistakes.js";
import { hashOf } from "../core/route.js";
import { fill, h } from "../dom.js";
import { MistakeLayer } from "../view/mistake_layer.js";
import { NAMES, address } from "./mistaken_images.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/mistakes.js").Mistake} Mistake */

const REREAD_MS = 700;

/**
 * What a model found on this image, beside the truth: mistakes one by one, by key, filtered by kind.
 * @param {Editor} editor
 * @param {string} run
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function mistakes(editor, run) {
  const panel = new MistakesPanel(editor, run);
  panel.open();
  return { element: panel.element, close: () => panel.close() };
}

class MistakesPanel {
  /**
   * @param {Editor} editor
   * @param {string} run
   */
  constructor(editor, run) {
    this.editor = editor;
    this.run = run;
    this.layer = new MistakeLayer();
    this.body = h(
      "div",
      { class: "mistakes" },
      h("p", { class: "dim" }, h("span", { class: "spinner" }), " comparing"),
    );
    this.element = h(
      "section",
      { class: "panel", id: "mistakes-panel" },
      h("h3", {}, "Mistakes of ", h("a", { href: hashOf("runs", run) }, run)),
      this.body,
    );
    /** @type {Set<string>} */
    this.hidden = new Set();
    /** @type {Mistake | null} */
    this.current = null;
    /** @type {any} */
    this.found = null;
    /** @type {(() => void)[]} */
    this.leave = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isClosed = false;
  }

  open() {
    const { actions, app, view, viewer } = this.editor;
    const draw = this.layer.draw.bind(this.layer);
    viewer.overlays.add(draw);
    this.leave = [
      () => viewer.overlays.delete(draw),
      actions.add([
        {
          id: "mistake-next",
          title: "Next mistake of the model",
          group: "Mistakes",
          keys: ["t"],
          run: () => this.step(1),
        },
        {
          id: "mistake-previous",
          title: "Mistake before",
          group: "Mistakes",
          keys: ["Shift+T"],
          run: () => this.step(-1),
        },
      ]),
      app.live.on("view", ({ id }) => id === view.id && this.rereadSoon()),
    ];
    this.read().catch(
      (error) =>
        !this.isClosed && fill(this.body, h("p", { class: "dim" }, `${error.message}. ${error.nextStep ?? ""}`)),
    );
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.leave.forEach((stop) => stop());
    this.editor.viewer.invalidate("top");
  }

  rereadSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read().catch((error) => this.editor.notify(error.message, "error")), REREAD_MS);
  }

  async read() {
    const found = await get(
      `api/runs/${encodeURIComponent(this.run)}/mistakes?view=${encodeURIComponent(this.editor.view.id)}`,
    );
    if (this.isClosed) return;
    this.found = found;
    const { current } = this;
    this.current =
      found.mistakes.find((/** @type {Mistake} */ { id, kind }) => id === current?.id && kind === current.kind) ?? null;
    this.show();
  }

  /** @returns {Mistake[]} */
  get mistakes() {
    return shown(this.found?.mistakes ?? [], this.hidden);
  }

  /** @param {number} step */
  step(step) {
    this.go(nextOf(this.mistakes, this.current, step));
  }

  /** @param {Mistake | null} mistake */
  go(mistake) {
    this.current = mistake;
    if (mistake) this.editor.viewer.showBox(mistake.box_xyxy, 0.25);
    if (mistake && !mistake.is_predicted && this.editor.store.get(mistake.id))
      this.editor.selection.value = new Set([mistake.id]);
    this.show();
  }

  show() {
    const { editor, found, layer, mistakes } = this;
    const wrong = new Set(
      found.mistakes
        .filter((/** @type {Mistake} */ each) => each.is_predicted)
        .map((/** @type {Mistake} */ each) => each.id),
    );
    layer.fill(found.predicted, mistakes, wrong, (id) => editor.store.get(id)?.shape);
    layer.current = this.current;
    editor.viewer.invalidate("top");
    fill(this.body, this.summary(), this.filters(), this.steps(), this.about(), this.others());
  }

  summary() {
    const { found, objects, conf, model } = this.found;
    return h(
      "p",
      { class: "small" },
      `${model} found ${found} of ${objects} at confidence ${conf.toFixed(2)}. Dashed: what it drew.`,
    );
  }

  filters() {
    const kinds = countsOf(this.found.mistakes).map(([kind, count]) => {
      const dot = h("span", { class: "dot" });
      dot.style.background = COLORS[kind] ?? "";
      const toggle = () => {
        if (!this.hidden.delete(kind)) this.hidden.add(kind);
        this.show();
      };
      return h(
        "button",
        {
          class: "chip",
          "data-kind": kind,
          title: this.found.kinds[kind],
          "aria-pressed": String(!this.hidden.has(kind)),
          onclick: toggle,
        },
        dot,
        `${NAMES[kind] ?? kind} ${count}`,
      );
    });
    const right = h(
      "button",
      { class: "chip", "aria-pressed": String(this.layer.showsRight), onclick: () => this.toggleRight() },
      "what is right",
    );
    return h("div", { class: "kinds", role: "group", "aria-label": "Kinds of mistakes" }, kinds, right);
  }

  toggleRight() {
    this.layer.showsRight = !this.layer.showsRight;
    this.show();
  }

  steps() {
    const { mistakes } = this;
    if (!mistakes.length)
      return h(
        "p",
        { class: "dim" },
        this.found.mistakes.length ? "All kinds are hidden." : "No mistake on this image.",
      );
    const at = this.current ? mistakes.indexOf(this.current) + 1 : 0;
    const button = (/** @type {string} */ label, /** @type {number} */ step, /** @type {string} */ key) =>
      h("button", { class: "button", "data-step": step, title: `Key ${key}`, onclick: () => this.step(step) }, label);
    return h(
      "div",
      { class: "toolbar" },
      button("Before", -1, "Shift+T"),
      button("Next", 1, "T"),
      h("span", { class: "dim number", id: "mistake-place" }, `${at} of ${mistakes.length}`),
    );
  }

  about() {
    const { current } = this;
    if (!current) return null;
    const prediction = this.found.predicted.find(
      (/** @type {{id: string}} */ { id }) => current.is_predicted && id === current.id,
    );
    const score = prediction ? `, ${prediction.label}, score ${(prediction.score ?? 0).toFixed(2)}` : "";
    const take = prediction
      ? h(
          "button",
          { class: "button", id: "mistake-take", onclick: () => this.take(prediction) },
          "Take it into the annotation",
        )
      : h("span", { class: "dim small" }, "The true object is selected: delete it if it is none.");
    return h("div", {}, h("p", { id: "mistake-text" }, `${current.text}${score}.`), take);
  }

  /** The annotation was wrong, not the model. @param {import("../types.js").ImageObject} prediction */
  take(prediction) {
    const { editor } = this;
    const own = { ...prediction, id: newId(), author: editor.author, score: null, origin: prediction.id };
    editor.apply({ upsert: [own], message: `taken over from ${this.found.model}` });
    editor.selection.value = new Set([own.id]);
  }

  /** The next image on which the model was measured. */
  others() {
    const next = h(
      "button",
      {
        class: "button quiet",
        id: "mistake-next-image",
        onclick: async () => {
          const { images } = await get(`api/runs/${encodeURIComponent(this.run)}/mistakes`);
          const views = images.map((/** @type {{view: string}} */ { view }) => view).filter(Boolean);
          const at = views.indexOf(this.editor.view.id);
          this.editor.app.go(address(this.run, views[(at + 1) % views.length] ?? this.editor.view.id));
        },
      },
      "Next image with its mistakes",
    );
    return h("div", {}, next);
  }
}
