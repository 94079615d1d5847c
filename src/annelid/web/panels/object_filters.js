import { EVERYTHING } from "../core/object_list.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../core/object_list.js").Wish} Wish */
/** @typedef {import("../types.js").Editor} Editor */

const STATUS = {
  all: "All",
  proposals: "Proposals",
  own: "Decided",
  hidden: "Hidden",
  locked: "Locked",
  ignored: "Ignored",
};
const SORTING = { place: "by place", class: "by class", score: "by score", area: "by size", newest: "newest first" };

/**
 * What the list of objects shows, and how it is sorted.
 * @param {Editor} editor
 * @param {(wish: Wish) => void} changed
 */
export function objectFilters(editor, changed) {
  const um = editor.view.pixel_size_um;
  const [unit, share] = um ? ["µm²", um * um] : ["px²", 1];
  let wish = { ...EVERYTHING };
  const change = (/** @type {Partial<Wish>} */ values) => changed((wish = { ...wish, ...values }));
  const label = h("select", {
    id: "objects-class",
    "aria-label": "Class",
    onchange: () => change({ label: label.value }),
  });
  const status = choice("objects-status", "Which objects", STATUS, (value) =>
    change({ status: /** @type {Wish["status"]} */ (value) }),
  );
  const sorting = choice("objects-sorting", "Order", SORTING, (value) =>
    change({ sorting: /** @type {Wish["sorting"]} */ (value) }),
  );
  const turn = h(
    "button",
    {
      class: "icon-button",
      id: "objects-reverse",
      "aria-label": "Turn the order round",
      title: "Turn the order round",
      "aria-pressed": "false",
    },
    "⇅",
  );
  turn.addEventListener("click", () => {
    change({ isReversed: !wish.isReversed });
    turn.setAttribute("aria-pressed", String(wish.isReversed));
  });
  const ranges = h(
    "details",
    { class: "object-ranges" },
    h("summary", {}, "Score and size"),
    amount("objects-score", "score ≥", (least) => change({ least })),
    amount("objects-small", `${unit} ≥`, (small) => change({ small: small === null ? null : small / share })),
    amount("objects-large", `${unit} ≤`, (large) => change({ large: large === null ? null : large / share })),
  );
  const showClasses = () => {
    const names = editor.classes.value.map(({ name }) => name);
    fill(
      label,
      h("option", { value: "" }, "All classes"),
      names.map((name) => h("option", { value: name }, name)),
    );
    label.value = names.includes(wish.label) ? wish.label : "";
  };
  showClasses();
  const element = h("div", { class: "object-filters" }, label, status, sorting, turn, ranges);
  return { element, close: editor.classes.subscribe(showClasses) };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {Record<string, string>} words
 * @param {(value: string) => void} chosen
 */
function choice(id, label, words, chosen) {
  const select = h(
    "select",
    { id, "aria-label": label },
    Object.entries(words).map(([value, text]) => h("option", { value }, text)),
  );
  select.addEventListener("change", () => chosen(select.value));
  return select;
}

/**
 * @param {string} id
 * @param {string} label
 * @param {(value: number | null) => void} changed
 */
function amount(id, label, changed) {
  const input = h("input", { id, type: "number", min: 0, step: "any", placeholder: "any" });
  input.addEventListener("input", () => changed(input.value === "" ? null : Number(input.value)));
  return h("label", { for: id }, label, input);
}
