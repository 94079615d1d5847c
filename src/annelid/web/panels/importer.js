import { ApiError, get, post, request } from "../api.js";
import { newBatch, takeStock } from "../core/intake.js";
import { bytes, counted, number } from "../core/words.js";
import { fill, h } from "../dom.js";
import { given } from "../drop.js";
import { uploadAll } from "../upload.js";
import { dropzone } from "./dropzone.js";
import { importOptions } from "./import_options.js";
import { importRefused } from "./import_refused.js";
import { importReport } from "./import_report.js";
import { inWords, roomInWords, waitingUpload, working } from "./import_steps.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../core/intake.js").Intake} Intake */

/** A file takes as long as so many bytes more. */
const SMALL = 50_000;

/** The server, or a proxy before it, gave no answer. */
const BROKEN = [0, 502, 504];

/**
 * From dropped files to images in the project: choose, send, import, and say what came of it.
 * @param {App} app
 * @param {string} title
 */
export function importer(app, title) {
  const task = new Import(app, title);
  const stop = given.subscribe(() => task.choose());
  const warn = (/** @type {BeforeUnloadEvent} */ event) => task.isBusy && event.preventDefault();
  addEventListener("beforeunload", warn);
  task.choose();
  return {
    element: task.element,
    close: () => {
      stop();
      removeEventListener("beforeunload", warn);
      task.abort.abort(new DOMException("left", "AbortError"));
    },
  };
}

/** One import, in the state in which it is. */
class Import {
  /**
   * @param {App} app
   * @param {string} title
   */
  constructor(app, title) {
    this.app = app;
    this.title = title;
    this.element = h("div", { class: "importer" });
    this.abort = new AbortController();
    this.batch = "";
    this.isBusy = false;
    /** @type {{path: string, why: string}[]} */
    this.unsent = [];
    /** @type {{element: HTMLElement, value: () => Record<string, unknown>} | null} */
    this.options = null;
  }

  /** Show what was given so far, or where to give something. */
  async choose() {
    if (this.isBusy) return;
    const stock = takeStock(given.value);
    if (!stock.files.length) return this.wait();
    this.options ??= importOptions(await get("api/formats").catch(() => []));
    const start = h(
      "button",
      { class: "button primary", id: "import", onclick: () => this.start(stock) },
      `Import ${counted(stock.files.length, "file")}`,
    );
    const forget = h("button", { class: "button quiet", onclick: () => (given.value = []) }, "Forget them");
    fill(
      this.element,
      h(
        "section",
        { class: "panel chosen", id: "chosen" },
        h("h2", {}, inWords(stock)),
        h(
          "ul",
          { class: "chosen-files" },
          stock.files
            .slice(0, 8)
            .map(({ path, file }) => h("li", {}, path, " ", h("span", { class: "dim" }, bytes(file.size)))),
        ),
        stock.files.length > 8 ? h("p", { class: "dim" }, `and ${number(stock.files.length - 8)} more`) : null,
        this.options.element,
        h("p", { class: "dim" }, "They are copied into the project; drop more to add to them."),
        h("div", { class: "toolbar" }, start, forget),
      ),
    );
    start.focus();
  }

  /** Where files are dropped; and what came earlier and was never imported. */
  async wait() {
    const zone = dropzone(this.title);
    fill(this.element, zone);
    const room = await get("api/uploads").catch(() => null);
    if (!room) return;
    zone.append(h("p", { class: "dim room" }, roomInWords(room)));
    for (const batch of room.waiting)
      this.element.append(
        waitingUpload(
          batch,
          () => this.resume(batch.batch),
          () => this.forget(batch.batch),
        ),
      );
  }

  /** @param {string} batch that is on the server already */
  async resume(batch) {
    this.isBusy = true;
    this.batch = batch;
    this.unsent = [];
    this.options ??= importOptions(await get("api/formats").catch(() => []));
    await this.import({});
  }

  /** @param {string} batch */
  async forget(batch) {
    await request(`api/uploads/${encodeURIComponent(batch)}`, { method: "DELETE" });
    given.value = [];
    await this.choose();
  }

  /** @param {Intake} stock */
  async start(stock) {
    this.isBusy = true;
    this.batch = newBatch();
    this.abort = new AbortController();
    const shown = working("Sending the files", () => this.abort.abort(new DOMException("stopped", "AbortError")));
    fill(this.element, shown.element);
    const tell = (/** @type {import("../upload.js").Progress} */ { files, bytes: some }) =>
      shown.show(
        (some + SMALL * files) / (stock.bytes + SMALL * stock.files.length),
        `${number(files)} of ${counted(stock.files.length, "file")}, ${bytes(some)} of ${bytes(stock.bytes)}`,
      );
    try {
      this.unsent = await uploadAll(this.batch, stock.files, tell, this.abort.signal);
    } catch (error) {
      return this.stopped(error);
    }
    await this.import({});
  }

  /**
   * @param {{add?: string[], map?: Record<string, string>, images_only?: boolean}} more what the server asked back for
   */
  async import({ add, ...more }) {
    const shown = working("Looking at the files", null);
    fill(this.element, shown.element);
    const stop = this.app.live.on("import", ({ what, done, of }) =>
      shown.show(of ? done / of : null, `${what}: ${number(done)}${of ? ` of ${number(of)}` : ""}`),
    );
    try {
      if (add?.length) await post("api/classes", { add });
      const told = await post("api/import", { batch: this.batch, ...this.options?.value(), ...more });
      given.value = [];
      fill(this.element, importReport(told, this.unsent, this.app));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (BROKEN.includes(error.status)) this.lost();
      else await this.refused(error);
    } finally {
      stop();
      this.isBusy = false;
    }
  }

  /** Nobody knows yet what came of it. */
  lost() {
    given.value = [];
    this.app.notify(
      "The connection broke while the server was importing. What comes in appears in the list of images.",
      "warning",
    );
    this.app.go("#/images");
  }

  /** @param {ApiError} error */
  async refused(error) {
    const classes = await get("api/classes").then(names, () => []);
    const parts = [
      importRefused(
        error,
        classes,
        (more) => this.import(more),
        () => this.forget(this.batch),
      ),
      this.options?.element,
    ];
    if (this.options)
      /** @type {HTMLDetailsElement} */ (this.options.element).open = error.detail.type !== "UnknownClasses";
    fill(this.element, ...parts);
  }

  /** @param {unknown} error */
  stopped(error) {
    this.isBusy = false;
    void request(`api/uploads/${this.batch}`, { method: "DELETE" }).catch(() => {});
    if (error instanceof ApiError) this.app.notify(`${error.message}\n${error.nextStep}`, "error");
    else if (!(error instanceof DOMException)) throw error;
    return this.choose();
  }
}

/** @param {import("../types.js").ClassInfo[]} classes */
function names(classes) {
  return classes.map(({ name }) => name);
}
