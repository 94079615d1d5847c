import { zoomTo } from "../commands/selecting.js";
import { EVERYTHING, areaOf, areaText, listedObjects, placeText } from "../core/object_list.js";
import { Picking } from "../core/picking.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { brush } from "../tools/brush.js";
import { TOOLS } from "../tools/index.js";
import { objectFilters } from "./object_filters.js";
import { iconOf } from "./toolbar.js";
import { VirtualList } from "./virtual_list.js";

/** @typedef {import("../core/object_list.js").Wish} Wish */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

const KINDS = new Map([...TOOLS.map(({ id, icon }) => /** @type {const} */ ([id, icon])), ["mask", brush.icon]]);
const ROW = 26;

/** The objects of the image as a list of any length: a click selects one and goes there. */
class ObjectList {
  /** @param {Editor} editor */
  constructor(editor) {
    this._editor = editor;
    /** @type {Wish} */
    this._wish = EVERYTHING;
    this._picking = new Picking();
    this._frame = 0;
    this._isOwn = false;
    this._list = new VirtualList({
      cell: (/** @type {ImageObject} */ object) => this._row(object),
      key: (object) => object.id,
      layout: { least: Infinity, height: ROW },
    });
    this._list.element.classList.add("objects");
    this._list.element.setAttribute("role", "listbox");
    this._list.element.setAttribute("aria-multiselectable", "true");
    this._list.element.setAttribute("aria-label", "Objects");
    this._list.element.id = "objects";
    this._list.element.tabIndex = 0;
    this._list.element.addEventListener("keydown", (event) => this._press(event));
    this._said = h("p", { class: "dim", id: "objects-said" });
    this._filters = objectFilters(editor, (wish) => {
      this._wish = wish;
      this._show();
    });
    this.element = h("div", { class: "section-body" }, this._filters.element, this._list.element, this._said);
    this._leave = this._listen();
    this._show();
  }

  _listen() {
    const { store, selection, hidden, locked, classes } = this._editor;
    const later = () => (this._frame ||= requestAnimationFrame(() => this._show()));
    const marks = () => {
      this._mark();
      if (!this._isOwn) this._reveal();
    };
    return [
      store.subscribe(later),
      hidden.subscribe(later),
      locked.subscribe(later),
      classes.subscribe(() => this._list.redraw()),
      selection.subscribe(marks),
      this._filters.close,
    ];
  }

  _show() {
    this._frame = 0;
    const { store, hidden, locked } = this._editor;
    const known = { isProposal: store.proposal.bind(store), hidden: hidden.value, locked: locked.value };
    const found = listedObjects([...store.objects.values()], this._wish, known);
    this._picking.show(found.map(({ id }) => id));
    this._list.show(found);
    const total = store.objects.size;
    this._said.textContent =
      found.length === total ? counted(total, "object") : `${found.length} of ${counted(total, "object")}`;
    this._mark();
  }

  /** @param {ImageObject} object */
  _row(object) {
    const { classes, view } = this._editor;
    const dot = h("span", { class: "dot" });
    dot.style.background = classes.value.find(({ name }) => name === object.label)?.color ?? "";
    return h(
      "div",
      {
        class: "object-row",
        role: "option",
        "data-object": object.id,
        title: titleOf(object),
        onclick: (/** @type {MouseEvent} */ event) => this._click(event, object.id),
      },
      h("span", { class: "object-kind" }, iconOf(KINDS.get(object.kind) ?? "")),
      dot,
      h("span", { class: "object-label" }, object.label),
      h("span", { class: "object-marks" }),
      h("span", { class: "number dim object-score" }, object.score === null ? "" : object.score.toFixed(2)),
      h(
        "span",
        { class: "number object-area" },
        object.kind === "point" ? placeText(object) : areaText(areaOf(object), view.pixel_size_um),
      ),
    );
  }

  /** Show which rows are selected, hidden, locked. */
  _mark() {
    const { selection, hidden, locked, store } = this._editor;
    for (const { item, element } of this._list.made()) {
      element.setAttribute("aria-selected", String(selection.value.has(item.id)));
      element.classList.toggle("proposal", store.proposal(item));
      element.classList.toggle("hidden-object", hidden.value.has(item.id));
      const marks = `${hidden.value.has(item.id) ? "hidden " : ""}${locked.value.has(item.id) ? "locked" : ""}`;
      const place = element.querySelector(".object-marks");
      if (place) place.textContent = marks.trim();
    }
  }

  /** Scroll to what was selected elsewhere. */
  _reveal() {
    const index = this._picking.ids.indexOf([...this._editor.selection.value].at(-1) ?? "");
    if (index < 0) return;
    this._list.reveal(index);
    this._mark();
  }

  /**
   * @param {MouseEvent} event
   * @param {string} id
   */
  _click(event, id) {
    this._picking.picked = new Set(this._editor.selection.value);
    if (event.shiftKey) this._picking.extendTo(id);
    else if (event.ctrlKey || event.metaKey) this._picking.toggle(id);
    else {
      this._picking.none();
      this._picking.toggle(id);
    }
    this._select();
  }

  /** @param {KeyboardEvent} event */
  _press(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.shiftKey) this._picking.none();
    this._picking.go(this._picking.index + by, event.shiftKey);
    if (!event.shiftKey) this._picking.toggle(this._picking.current);
    this._list.reveal(this._picking.index);
    this._select();
  }

  _select() {
    this._isOwn = true;
    this._editor.selection.value = new Set(this._picking.picked);
    this._isOwn = false;
    if (this._picking.picked.size) zoomTo(this._editor, [...this._picking.picked]);
  }

  close() {
    cancelAnimationFrame(this._frame);
    for (const leave of this._leave) leave();
    this._list.close();
  }
}

/** @param {ImageObject} object */
function titleOf({ kind, label, author, origin }) {
  const corrects = origin ? ", corrects a proposal" : "";
  return `${label}, ${kind.replace("_", " ")}, by ${author.replace(":", " ")}${corrects}`;
}

/** @param {Editor} editor */
export function objects(editor) {
  return new ObjectList(editor);
}
