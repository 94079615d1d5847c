import { EVERYTHING, choices } from "../core/image_list.js";
import { fill, h } from "../dom.js";
import { Signal } from "../signal.js";

/** @typedef {import("../core/image_list.js").Wanted} Wanted */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */
/** @typedef {import("../types.js").ClassInfo} ClassInfo */

const STATES = [
  ["", "All states"],
  ["new", "New"],
  ["draft", "Draft"],
  ["reviewed", "Reviewed"],
  ["open", "With open proposals"],
];
const ORDERS = [
  ["name", "By name"],
  ["uncertain", "Least certain first"],
  ["changed", "Recently changed"],
  ["objects", "Most objects"],
  ["proposals", "Most proposals"],
];

/**
 * Search, filters and order of the list of images.
 * @param {Signal<Wanted>} wanted
 */
export function imageFilters(wanted) {
  const search = h("input", {
    id: "search",
    type: "search",
    placeholder: "Search names",
    "aria-label": "Search names",
  });
  search.value = wanted.value.text;
  search.addEventListener("input", () => (wanted.value = { ...wanted.value, text: search.value }));
  const selects = {
    state: select(wanted, "state", "State"),
    label: select(wanted, "label", "Class"),
    part: select(wanted, "part", "Part of the split"),
    group: select(wanted, "group", "Group"),
    order: select(wanted, "order", "Order"),
  };
  const reset = h("button", { class: "button quiet", id: "reset-filters", onclick: () => clear() }, "Show all");
  const clear = () => {
    wanted.value = { ...EVERYTHING, order: wanted.value.order };
    search.value = "";
  };
  const element = h("div", { class: "toolbar filters", role: "search" }, search, ...Object.values(selects), reset);
  const stop = wanted.subscribe((value) => sync(value, selects, reset));
  sync(wanted.value, selects, reset);
  return {
    element,
    offer: (/** @type {ViewSummary[]} */ views, /** @type {ClassInfo[]} */ classes) =>
      offer(selects, wanted, views, classes),
    close: stop,
  };
}

/**
 * @param {Signal<Wanted>} wanted
 * @param {keyof Wanted} name
 * @param {string} label
 */
function select(wanted, name, label) {
  const element = h("select", { id: `filter-${name}`, "aria-label": label, title: label });
  element.addEventListener("change", () => (wanted.value = { ...wanted.value, [name]: element.value }));
  return element;
}

/**
 * @param {Wanted} value
 * @param {Record<string, HTMLSelectElement>} selects
 * @param {HTMLElement} reset
 */
function sync(value, selects, reset) {
  for (const [name, element] of Object.entries(selects)) element.value = value[/** @type {keyof Wanted} */ (name)];
  reset.hidden = !(value.text || value.state || value.label || value.part || value.group);
}

/**
 * Offer what there is now.
 * @param {Record<"state" | "label" | "part" | "group" | "order", HTMLSelectElement>} selects
 * @param {Signal<Wanted>} wanted
 * @param {ViewSummary[]} views
 * @param {ClassInfo[]} classes
 */
function offer(selects, wanted, views, classes) {
  const { groups, parts } = choices(views);
  const groupsTell = groups.length > 1 && groups.length < views.length;
  options(selects.state, STATES);
  options(selects.order, ORDERS);
  options(selects.label, [["", "All classes"], ...classes.map(({ name }) => [name, name])]);
  options(selects.part, [["", "All parts"], ...parts.map((part) => [part, part]), ["none", "not divided"]]);
  options(selects.group, [["", "All groups"], ...groups.map((group) => [group, group])]);
  selects.label.hidden = classes.length < 2;
  selects.part.hidden = !parts.length;
  selects.group.hidden = !groupsTell;
  for (const [name, element] of Object.entries(selects))
    element.value = wanted.value[/** @type {keyof Wanted} */ (name)];
}

/**
 * @param {HTMLSelectElement} element
 * @param {string[][]} pairs value and words
 */
function options(element, pairs) {
  fill(
    element,
    pairs.map(([value, words]) => h("option", { value }, words)),
  );
}
