import { h } from "../dom.js";

/**
 * How a list is laid out.
 * @typedef {Object} Layout
 * @property {number} least least width of a cell in pixels; Infinity makes one column
 * @property {number} height of a cell in pixels, its gap included
 */

const SPARE_ROWS = 2;

/**
 * A list of any length of which only what is in view is made.
 * @template T
 */
export class VirtualList {
  /**
   * @param {Object} options
   * @param {(item: T, index: number) => HTMLElement} options.cell makes the element of an item
   * @param {(item: T) => string} options.key tells items apart; the element of an equal item is kept
   * @param {Layout} options.layout
   */
  constructor({ cell, key, layout }) {
    this.cell = cell;
    this.key = key;
    this.layout = layout;
    this.columns = 1;
    /** @type {T[]} */
    this.items = [];
    /** @type {Map<string, {item: T, element: HTMLElement}>} */
    this._made = new Map();
    this.canvas = h("div", { class: "virtual-canvas", role: "presentation" });
    this.element = h("div", { class: "virtual" }, this.canvas);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this._resized = new ResizeObserver(() => this.draw());
    this._resized.observe(this.element);
  }

  /**
   * Show other items; elements of equal ones stay.
   * @param {T[]} items
   */
  show(items) {
    this.items = items;
    this.draw();
  }

  /** Make all elements anew. */
  redraw() {
    this._made.clear();
    this.canvas.replaceChildren();
    this.draw();
  }

  /** Make what came into view, drop what left it. */
  draw() {
    const { clientWidth, clientHeight, scrollTop } = this.element;
    const { least, height } = this.layout;
    this.columns = Math.max(1, Math.floor(clientWidth / least));
    const rows = Math.ceil(this.items.length / this.columns);
    this.canvas.style.height = `${rows * height}px`;
    const first = Math.max(0, Math.floor(scrollTop / height) - SPARE_ROWS) * this.columns;
    const last = (Math.ceil((scrollTop + clientHeight) / height) + SPARE_ROWS) * this.columns;
    this._keep(this.items.slice(first, last), first);
  }

  /**
   * @param {T[]} items
   * @param {number} first
   */
  _keep(items, first) {
    /** @type {Map<string, {item: T, element: HTMLElement}>} */
    const kept = new Map();
    items.forEach((item, offset) => {
      const key = this.key(item);
      const old = this._made.get(key);
      const element = old && old.item === item ? old.element : this.cell(item, first + offset);
      this._place(element, first + offset);
      kept.set(key, { item, element });
    });
    for (const [key, { element }] of this._made) if (kept.get(key)?.element !== element) element.remove();
    for (const { element } of kept.values()) if (element.parentNode !== this.canvas) this.canvas.append(element);
    this._made = kept;
  }

  /**
   * @param {HTMLElement} element
   * @param {number} index
   */
  _place(element, index) {
    const column = index % this.columns;
    const top = Math.floor(index / this.columns) * this.layout.height;
    element.style.width = `${100 / this.columns}%`;
    element.style.height = `${this.layout.height}px`;
    element.style.left = `${(100 * column) / this.columns}%`;
    element.style.top = `${top}px`;
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.items.length));
  }

  /**
   * The elements that are made now, with their items.
   * @returns {{item: T, element: HTMLElement}[]}
   */
  made() {
    return [...this._made.values()];
  }

  /**
   * Scroll as little as is needed to show an item.
   * @param {number} index
   */
  reveal(index) {
    const top = Math.floor(index / this.columns) * this.layout.height;
    const bottom = top + this.layout.height + 2 * this.canvas.offsetTop;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.element.scrollTop = bottom - clientHeight;
    this.draw();
  }

  close() {
    this._resized.disconnect();
  }
}
