import { get } from "../api.js";
import { EVERYTHING, chosen } from "../core/image_list.js";
import { hashOf } from "../core/route.js";
import { fill, h } from "../dom.js";
import { keep, kept } from "../keep.js";
import { firstVisit } from "../panels/first_visit.js";
import { imageActions } from "../panels/image_actions.js";
import { ImageBrowser, nothingFits } from "../panels/image_browser.js";
import { imageFilters } from "../panels/image_filters.js";
import { showListKeys } from "../panels/list_keys.js";
import { projectProgress } from "../panels/project_progress.js";
import { session } from "../session.js";
import { Signal } from "../signal.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {import("../panels/image_browser.js").Mode} Mode */

const MODE = "images-mode";
const REREAD_MS = 300;
/** An import on the first visit that is not over, or whose report nobody has left yet. */
const BUSY = ".working, .import-refused, .import-report";
/** So many changed views are read one by one, more all at once. */
const FEW = 12;
/** What is kept while one is on other pages. */
const before = { wanted: EVERYTHING, top: 0, current: "" };

/** @type {import("../types.js").Mount} */
export async function mount(host, app) {
  const page = new ImagesPage(host, app);
  try {
    await page.read();
  } catch (error) {
    page.close();
    throw error;
  }
  return () => page.close();
}

/** The list of images, live. */
class ImagesPage {
  /**
   * @param {HTMLElement} host
   * @param {App} app
   */
  constructor(host, app) {
    this.host = host;
    this.app = app;
    /** @type {ViewSummary[]} */
    this.views = [];
    /** @type {import("../types.js").ClassInfo[]} */
    this.classes = [];
    this.wanted = new Signal(before.wanted);
    /** @type {(() => void)[]} */
    this.left = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isEmpty = true;
    this.isThere = true;
    /** Ids of views that changed since the last look; null for whatever may have changed.
     * @type {Set<string> | null} */
    this.changed = new Set();
    const every = ["views", "classes", "hello"].map((name) => app.live.on(name, () => this.later("")));
    this.heard = [...every, app.live.on("view", ({ id }) => this.later(id))];
  }

  /**
   * Look again soon.
   * @param {string} id of the view that changed, "" for any
   */
  later(id) {
    if (id) this.changed?.add(id);
    else this.changed = null;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const ids = this.changed;
      this.changed = new Set();
      if (this.isThere) void (ids && ids.size <= FEW && !this.isEmpty ? this.readSome([...ids]) : this.read());
    }, REREAD_MS);
  }

  /**
   * Read what changed of some views.
   * @param {string[]} ids
   */
  async readSome(ids) {
    /** @type {ViewSummary[]} */
    const views = await Promise.all(ids.map((id) => get(`api/views/${encodeURIComponent(id)}`)));
    if (!this.isThere) return;
    const changed = new Map(views.map((view) => [view.id, view]));
    const isKnown = ids.every((id) => this.views.some((view) => view.id === id));
    if (!isKnown) return this.read();
    this.views = this.views.map((view) => changed.get(view.id) ?? view);
    this.show();
  }

  /** Read what there is, and show it. */
  async read() {
    const [views, classes] = await Promise.all([get("api/views"), get("api/classes")]);
    if (!this.isThere) return;
    const known = new Map(this.views.map((view) => [view.id, view]));
    this.views = views.map((/** @type {ViewSummary} */ view) => same(known.get(view.id), view));
    this.classes = Array.isArray(classes) ? classes : classes.classes;
    if (!this.views.length) return this.showEmpty();
    if (this.host.querySelector(BUSY)) return;
    if (this.isEmpty) this.build();
    this.show();
  }

  showEmpty() {
    if (this.host.querySelector(".first-visit")) return;
    const { element, close } = firstVisit(this.app, () => this.read());
    this.left.push(close);
    fill(this.host, element);
  }

  build() {
    this.isEmpty = false;
    const mode = /** @type {Mode} */ (kept(MODE) === "table" ? "table" : "grid");
    this.filters = imageFilters(this.wanted);
    this.progress = projectProgress();
    this.browser = new ImageBrowser({
      mode,
      open: (id) => this.app.go(hashOf("annotate", id)),
      orderBy: (order) => (this.wanted.value = { ...this.wanted.value, order: /** @type {any} */ (order) }),
    });
    this.nothing = nothingFits(() => (this.wanted.value = EVERYTHING));
    this.actions = imageActions(
      this.app,
      () => this.pickedViews(),
      () => this.browser?.letGo(),
    );
    this.left.push(this.browser.picked.subscribe((ids) => this.actions?.show(ids.length)));
    this.left.push(
      this.wanted.subscribe(() => this.show(true)),
      this.filters.close,
      () => this.browser?.close(),
    );
    fill(this.host, this.head(mode), this.browser.element, this.nothing, this.actions.element);
    this.browser.picking.current = before.current;
    this.show();
    this.browser.list.element.scrollTop = before.top;
    this.browser.list.draw();
    this.browser.list.element.focus({ preventScroll: true });
  }

  /** @param {Mode} mode */
  head(mode) {
    const first = h(
      "div",
      { class: "toolbar" },
      this.progress?.element ?? "",
      h("span", { class: "spacer" }),
      h("a", { class: "button", href: "#/preprocessing", id: "to-preprocessing" }, "Preprocessing"),
      h("a", { class: "button", href: "#/export", id: "to-export" }, "Export"),
      h("a", { class: "button primary", href: "#/import", id: "to-import" }, "Add images"),
    );
    const keys = h("button", { class: "button quiet", id: "keys", onclick: showListKeys }, "Keys ", h("kbd", {}, "?"));
    this.filters?.element.append(h("span", { class: "spacer" }), keys, this.modeSwitch(mode));
    return h("div", { class: "images-head" }, first, this.filters?.element ?? "");
  }

  /** @param {Mode} mode */
  modeSwitch(mode) {
    const buttons = /** @type {const} */ (["grid", "table"]).map((name) =>
      h(
        "button",
        { "aria-pressed": String(name === mode), "data-mode": name, onclick: () => choose(name) },
        { grid: "Grid", table: "Table" }[name],
      ),
    );
    const choose = (/** @type {Mode} */ name) => {
      keep(MODE, name);
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === name)));
      this.browser?.setMode(name);
    };
    return h("div", { class: "segments", role: "group", "aria-label": "How images are listed" }, ...buttons);
  }

  /** @param {boolean} [anew] whether another selection begins at its top */
  show(anew = false) {
    const { browser, nothing } = this;
    if (!browser || !nothing) return;
    const shown = chosen(this.views, this.wanted.value);
    this.filters?.offer(this.views, this.classes);
    this.progress?.show(this.views);
    browser.element.hidden = !shown.length;
    nothing.hidden = shown.length > 0;
    browser.show(shown, this.classes);
    if (anew) browser.list.element.scrollTop = 0;
  }

  pickedViews() {
    const picked = new Set(this.browser?.picked.value);
    return this.views.filter((view) => picked.has(view.id));
  }

  /** What one goes through from here, and what the filters left out of it. */
  remember() {
    if (!this.browser) return;
    session.list = this.browser.picking.ids;
    const listed = new Set(session.list);
    session.unlisted = this.views.flatMap(({ id }) => (listed.has(id) ? [] : [id]));
  }

  close() {
    this.isThere = false;
    clearTimeout(this.timer);
    before.wanted = this.wanted.value;
    before.top = this.browser?.list.element.scrollTop ?? before.top;
    before.current = this.browser?.picking.current ?? before.current;
    this.remember();
    for (const leave of [...this.heard, ...this.left]) leave();
  }
}

/**
 * The value that was there before where nothing changed, so that its element stays.
 * @param {ViewSummary | undefined} old
 * @param {ViewSummary} view
 */
function same(old, view) {
  return old && JSON.stringify(old) === JSON.stringify(view) ? old : view;
}
