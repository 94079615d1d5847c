import { ApiError, address, get, post } from "../api.js";
import { PLAIN, changed, channelName, equal, inWords, problem, windowAt } from "../core/preprocessing.js";
import { planeOf } from "../core/image_list.js";
import { fill, h } from "../dom.js";
import { ask } from "../panels/dialog.js";
import { histogram } from "../panels/histogram.js";
import { preprocessingForm } from "../panels/preprocessing_form.js";
import { Signal } from "../signal.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {import("../core/preprocessing.js").Preprocessing} Preprocessing */

const WAIT_MS = 120;

/** @type {import("../types.js").Mount} */
export async function mount(host, app, argument) {
  const [project, views] = await Promise.all([get("api/project"), get("api/views")]);
  if (!views.length) {
    fill(
      host,
      h(
        "div",
        { class: "empty" },
        h("h2", {}, "No image to try it on yet"),
        h("p", {}, h("a", { class: "button primary", href: "#/import" }, "Import images")),
      ),
    );
    return () => {};
  }
  const page = new PreprocessingPage(app, { ...PLAIN, ...project.preprocessing }, views, argument);
  fill(host, page.element);
  page.preview();
  return () => page.close();
}

/** Try a preprocessing on an image, then use it for the project. */
class PreprocessingPage {
  /**
   * @param {App} app
   * @param {Preprocessing} used by the project now
   * @param {ViewSummary[]} views
   * @param {string} argument id of the image to begin with
   */
  constructor(app, used, views, argument) {
    this.app = app;
    this.used = used;
    this.views = views;
    this.chosen = new Signal(used);
    this.view = views.find((view) => view.id === argument) ?? /** @type {ViewSummary} */ (views[0]);
    this.form = preprocessingForm(this.chosen);
    this.pictures = h("div", { class: "before-after" });
    this.histograms = h("div", { class: "panel histograms" });
    this.words = h("p", { class: "dim", id: "preprocessing-words", role: "status" });
    this.use = h(
      "button",
      { class: "button primary", id: "use-preprocessing", onclick: () => this.keep() },
      "Use for the project",
    );
    this.back = h(
      "button",
      { class: "button", id: "undo-preprocessing", onclick: () => (this.chosen.value = this.used) },
      "As the project has it",
    );
    this.reset = h("button", { class: "button quiet", onclick: () => (this.chosen.value = PLAIN) }, "Defaults");
    this.element = this.layout();
    this.turn = 0;
    /** What is looked at pixel by pixel; null for the whole image.
     * @type {[number, number, number, number] | null} */
    this.window = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.left = [this.form.close, this.chosen.subscribe(() => this.later())];
  }

  layout() {
    const strip = h(
      "div",
      { class: "image-strip", role: "group", "aria-label": "Image to try it on" },
      this.views.slice(0, 60).map((view) => this.choice(view)),
    );
    const side = h("div", { class: "preprocessing-side" }, this.form.element, this.histograms);
    const hint =
      "The images themselves are never changed: this is what people see in thumbnails, " +
      "and what models see when they train and predict.";
    const main = h("div", { class: "preprocessing-main" }, strip, this.pictures, h("p", { class: "dim" }, hint));
    const buttons = [this.reset, this.back, this.use];
    const head = h(
      "div",
      { class: "toolbar" },
      h("h1", {}, "Preprocessing"),
      this.words,
      h("span", { class: "spacer" }),
      ...buttons,
    );
    return h("div", { class: "preprocessing-page" }, head, side, main);
  }

  /** @param {ViewSummary} view */
  choice(view) {
    const source = address(`api/views/${encodeURIComponent(view.id)}/thumbnail`, { size: 96 });
    const said = `${view.name} ${planeOf(view)}`;
    const button = h(
      "button",
      { class: "strip-image", "aria-pressed": String(view === this.view), title: said, "aria-label": said },
      h("img", { src: source, alt: "", loading: "lazy" }),
    );
    button.addEventListener("click", () => {
      this.view = view;
      this.window = null;
      for (const other of button.parentElement?.children ?? [])
        other.setAttribute("aria-pressed", String(other === button));
      this.preview();
    });
    return button;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), WAIT_MS);
  }

  /** Ask for the pictures; an answer that came too late is dropped. */
  async preview() {
    const turn = ++this.turn;
    const wrong = problem(this.chosen.value);
    const isSame = equal(this.chosen.value, this.used);
    this.use.disabled = Boolean(wrong) || isSame;
    this.back.disabled = isSame;
    fill(this.words, wrong || `${isSame ? "The project uses" : "Tried"}: ${inWords(this.chosen.value)}.`);
    this.words.classList.toggle("wrong", Boolean(wrong));
    if (wrong) return;
    this.pictures.classList.add("waiting");
    try {
      const told = await post("api/preview", {
        view: this.view.id,
        preprocessing: this.chosen.value,
        window: this.window,
      });
      if (turn === this.turn) this.show(told);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.turn) this.refused(error);
    } finally {
      if (turn === this.turn) this.pictures.classList.remove("waiting");
    }
  }

  /** @param {any} told */
  show(told) {
    const [before, after] = [this.picture("Before", told.before), this.picture("After: what models see", told.after)];
    before.img.id = "preview-before";
    after.img.id = "preview-after";
    fill(this.pictures, before.figure, after.figure);
    const title = (/** @type {string} */ name) =>
      told.names.length > 1 ? `Values of ${channelName(name)}` : `Values (${told.dtype})`;
    const shown = told.channels.map((/** @type {any} */ { name, range, histogram: values }) =>
      histogram(title(name), values.counts, values, range),
    );
    fill(this.histograms, ...shown, histogram("After (0 to 255)", told.histogram_after, { low: 0, high: 255 }, null));
    this.form.offer(
      told.names,
      told.channels.map((/** @type {any} */ channel) => channel.range),
    );
  }

  /**
   * @param {string} title
   * @param {string} src
   */
  picture(title, src) {
    const img = h("img", { src, alt: `${this.view.name} ${title.toLowerCase()}` });
    const words = h("span", { class: "dim" });
    const closer = h("button", { class: "closer", type: "button" }, img);
    closer.addEventListener("click", (event) => this.look(img, event));
    img.addEventListener("load", () => {
      const isThinned = this.window !== null || img.clientWidth < 0.9 * this.view.size_wh[0];
      closer.disabled = !isThinned;
      fill(words, this.window ? "100 %: click for the whole image" : isThinned ? "click to look closer" : "");
    });
    return { img, figure: h("figure", {}, h("figcaption", {}, h("span", {}, title), words), closer) };
  }

  /**
   * Look closer at where somebody clicked, or at the whole again.
   * @param {HTMLImageElement} img
   * @param {MouseEvent} event
   */
  look(img, event) {
    const [w, h_] = this.view.size_wh;
    const scale = Math.max(w / img.clientWidth, h_ / img.clientHeight);
    const isKey = event.detail === 0;
    /** @type {[number, number]} */
    const centre = isKey
      ? [w / 2, h_ / 2]
      : [
          w / 2 + (event.offsetX - img.clientWidth / 2) * scale,
          h_ / 2 + (event.offsetY - img.clientHeight / 2) * scale,
        ];
    this.window = this.window ? null : windowAt(centre, [img.clientWidth, img.clientHeight], [w, h_]);
    this.preview();
  }

  /** @param {ApiError} error */
  refused(error) {
    const step = error.nextStep ? h("p", { class: "dim" }, error.nextStep) : null;
    fill(this.pictures, h("div", { class: "empty", role: "alert" }, h("h2", {}, error.message), step));
  }

  /** Make it the project's: on purpose, and told what it means. */
  async keep() {
    const before = h("p", {}, "Before: ", inWords(this.used));
    const after = h("p", {}, "From now on: ", inWords(this.chosen.value));
    const meaning = h(
      "p",
      { class: "dim" },
      "What people see and what models learn from and predict on from now on. " +
        "Models that are trained already keep their own. Images and annotation stay as they are.",
    );
    const answer = await ask(
      "Use this preprocessing for the project?",
      [before, after, meaning],
      [{ value: "yes", label: "Use it", kind: "primary" }],
    );
    if (!answer) return;
    const told = await post("api/preprocessing", { preprocessing: this.chosen.value });
    this.used = changed(PLAIN, told.preprocessing);
    this.chosen.value = this.used;
    this.preview();
    this.app.notify(`The project now sees images so: ${inWords(this.used)}.`);
  }

  close() {
    clearTimeout(this.timer);
    this.turn += 1;
    for (const leave of this.left) leave();
  }
}
