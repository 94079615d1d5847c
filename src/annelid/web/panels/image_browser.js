import { folders } from "../core/image_list.js";
import { Picking } from "../core/picking.js";
import { fill, h } from "../dom.js";
import { Signal } from "../signal.js";
import { COLUMNS, card, line } from "./image_cell.js";
import { showListKeys } from "./list_keys.js";
import { VirtualList } from "./virtual_list.js";

/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {import("../types.js").ClassInfo} ClassInfo */
/** @typedef {"grid" | "table"} Mode */

const LAYOUTS = { grid: { least: 184, height: 208 }, table: { least: Infinity, height: 34 } };

/**
 * The images as a grid or a table, to be gone through, picked and opened by mouse and keyboard.
 */
export class ImageBrowser {
  /**
   * @param {Object} options
   * @param {Mode} options.mode
   * @param {(id: string) => void} options.open
   * @param {(order: string) => void} options.orderBy
   */
  constructor({ mode, open, orderBy }) {
    this.mode = mode;
    this.open = open;
    this.picking = new Picking();
    /** @type {Signal<string[]>} */
    this.picked = new Signal(/** @type {string[]} */ ([]));
    /** @type {ClassInfo[]} */
    this.classes = [];
    /** @type {Map<string, string>} */
    this.folders = new Map();
    this.list = new VirtualList({
      cell: (/** @type {ViewSummary} */ view) => this._cell(view),
      key: (view) => view.id,
      layout: LAYOUTS[mode],
    });
    const { element } = this.list;
    element.id = "images";
    for (const [name, value] of [
      ["role", "listbox"],
      ["aria-multiselectable", "true"],
      ["aria-label", "Images"],
      ["tabindex", "0"],
    ])
      element.setAttribute(name ?? "", value ?? "");
    element.addEventListener("keydown", (event) => this._key(event));
    element.addEventListener("click", (event) => this._click(event));
    this.heads = h("div", { class: "image-line heads", hidden: mode !== "table" }, heads(orderBy));
    this.element = h("div", { class: `image-browser ${mode}` }, this.heads, element);
  }

  /**
   * @param {ViewSummary[]} views in their order
   * @param {ClassInfo[]} classes
   */
  show(views, classes) {
    const recolored = colors(classes) !== colors(this.classes);
    this.classes = classes;
    this.folders = folders(views);
    this.picking.show(views.map((view) => view.id));
    this.list.show(views);
    if (recolored) this.list.redraw();
    this._mark();
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.list.layout = LAYOUTS[mode];
    this.heads.hidden = mode !== "table";
    this.element.className = `image-browser ${mode}`;
    this.list.redraw();
    if (this.picking.index >= 0) this.list.reveal(this.picking.index);
    this._mark();
  }

  letGo() {
    this.picking.none();
    this._mark();
  }

  pickAll() {
    this.picking.all();
    this._mark();
  }

  close() {
    this.list.close();
  }

  /** @param {ViewSummary} view */
  _cell(view) {
    const cell = (this.mode === "grid" ? card : line)(view, this.classes, this.folders.get(view.path) ?? "");
    this._markCell(cell, view.id);
    return cell;
  }

  /** @param {MouseEvent} event */
  _click(event) {
    const target = /** @type {Element} */ (event.target);
    const id = target.closest("[data-view]")?.getAttribute("data-view");
    if (!id) return;
    if (event.shiftKey) this.picking.extendTo(id);
    else if (event.ctrlKey || event.metaKey || target.closest("[data-tick]")) this.picking.toggle(id);
    else return this.open(id);
    this._mark();
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const step = steps(this.list)[event.key];
    const ctrl = event.ctrlKey || event.metaKey;
    if (step !== undefined) this.picking.go(this.picking.index + step, event.shiftKey);
    else if (event.key === "Enter" && this.picking.current) return this.open(this.picking.current);
    else if (event.key === " ") this.picking.toggle(this.picking.current);
    else if (event.key === "a" && ctrl) this.picking.all();
    else if (event.key === "Escape") this.picking.none();
    else if (event.key === "?") return showListKeys();
    else if (event.key === "/") document.getElementById("search")?.focus();
    else return;
    event.preventDefault();
    this.list.reveal(Math.max(0, this.picking.index));
    this._mark();
  }

  _mark() {
    for (const { item, element } of this.list.made()) this._markCell(element, item.id);
    const { current } = this.picking;
    if (current) this.list.element.setAttribute("aria-activedescendant", `view-${current}`);
    else this.list.element.removeAttribute("aria-activedescendant");
    this.element.classList.toggle("picking", this.picking.picked.size > 0);
    this.picked.value = [...this.picking.picked];
  }

  /**
   * @param {HTMLElement} cell
   * @param {string} id
   */
  _markCell(cell, id) {
    cell.setAttribute("aria-selected", String(this.picking.picked.has(id)));
    cell.classList.toggle("current", id === this.picking.current);
  }
}

/** @param {ClassInfo[]} classes */
function colors(classes) {
  return classes.map(({ name, color }) => `${name} ${color}`).join();
}

/**
 * Key -> by how much it moves.
 * @param {VirtualList<ViewSummary>} list
 * @returns {Record<string, number>}
 */
function steps(list) {
  const page = Math.max(1, Math.floor(list.element.clientHeight / list.layout.height)) * list.columns;
  /** @type {Record<string, number>} */
  const sideways = list.columns > 1 ? { ArrowLeft: -1, ArrowRight: 1 } : {};
  const far = { Home: -Infinity, End: Infinity, PageUp: -page, PageDown: page };
  return { ...sideways, ...far, ArrowUp: -list.columns, ArrowDown: list.columns };
}

/** @param {(order: string) => void} orderBy */
function heads(orderBy) {
  return COLUMNS.map(([title, order]) =>
    order
      ? h("button", { class: "head", onclick: () => orderBy(order), title: `Order by ${title.toLowerCase()}` }, title)
      : h("span", { class: "head" }, title),
  );
}

/**
 * What is shown where no image fits.
 * @param {() => void} showAll
 */
export function nothingFits(showAll) {
  const element = h("div", { class: "empty" });
  fill(
    element,
    h("h2", {}, "No image fits"),
    h("p", {}, h("button", { class: "button", onclick: showAll }, "Show all images")),
  );
  return element;
}
