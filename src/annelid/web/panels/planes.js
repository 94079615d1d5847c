// Time points and focal planes: sliders, projections, and how to annotate what one looks at.

import { fill, h } from "../dom.js";
import { PROJECTIONS, isSamePlane, stepped, viewIdOf } from "../core/planes.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/planes.js").Plane} Plane */

const WORDS = { "": "One plane", max: "Brightest", mean: "Mean", sum: "Sum", focus: "Sharpest" };

/**
 * @param {Editor} editor
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function planes(editor) {
  const [times, depths] = editor.view.planes;
  const go = (/** @type {Plane} */ plane) => (editor.plane.value = plane);
  const sliders = [
    times > 1 && slider("t", "Time", times, (t) => go({ ...editor.plane.value, t })),
    depths > 1 && slider("z", "Depth", depths, (z) => go({ ...editor.plane.value, z, projection: "" })),
  ].filter((one) => one !== false);
  const choice = projections((projection) => go({ ...editor.plane.value, projection }));
  const note = h("div", { class: "planes-note" });
  const inner = [...sliders.map((one) => one.element), depths > 1 && choice.element, note];
  const element = h("section", { class: "panel", id: "planes" }, h("h3", {}, "Planes"), inner);
  element.hidden = times === 1 && depths === 1;
  const update = () => {
    for (const one of sliders) one.update(editor.plane.value);
    choice.update(editor.plane.value.projection ?? "");
    fill(note, elsewhere(editor, go));
  };
  update();
  const leave = [editor.plane.subscribe(update), editor.actions.add(element.hidden ? [] : planeActions(editor))];
  return { element, close: () => leave.forEach((one) => one()) };
}

/**
 * @param {"t" | "z"} axis
 * @param {string} name
 * @param {number} count
 * @param {(index: number) => void} go
 */
function slider(axis, name, count, go) {
  const input = h("input", { type: "range", id: `plane-${axis}`, min: 0, max: count - 1, step: 1 });
  input.addEventListener("input", () => go(Number(input.value)));
  const said = h("output", { class: "number" });
  const label = h("label", { for: `plane-${axis}` }, name);
  const update = (/** @type {Plane} */ plane) => {
    input.value = String(plane[axis]);
    said.textContent = axis === "z" && plane.projection ? "all" : `${plane[axis] + 1} / ${count}`;
  };
  return { element: h("div", { class: "plane-slider" }, label, input, said), update };
}

/** @param {(projection: string) => void} go */
function projections(go) {
  const options = PROJECTIONS.map((name) =>
    h("option", { value: name }, WORDS[/** @type {keyof typeof WORDS} */ (name)]),
  );
  const select = h("select", { id: "plane-projection", onchange: () => go(select.value) }, options);
  const update = (/** @type {string} */ projection) => (select.value = projection);
  return { element: field("Planes as one", select, "", "inline"), update };
}

/**
 * What to know when one looks at another plane than the one that is annotated.
 * @param {Editor} editor
 * @param {(plane: Plane) => void} go
 */
function elsewhere(editor, go) {
  const { view } = editor;
  const plane = editor.plane.value;
  if (isSamePlane(plane, view.plane)) return [];
  const own = view.plane.projection ? `its projection (${view.plane.projection})` : `plane ${view.plane.z + 1}`;
  const at = view.planes[0] > 1 ? ` at time ${view.plane.t + 1}` : "";
  return [
    h("p", {}, `What is drawn belongs to ${own}${at}.`),
    h("div", { class: "toolbar" }, [
      h("button", { class: "button", type: "button", id: "plane-back", onclick: () => go(view.plane) }, "Back to it"),
      h(
        "button",
        { class: "button", type: "button", id: "plane-annotate", onclick: () => annotateSeen(editor) },
        "Annotate this one",
      ),
    ]),
  ];
}

/** @param {Editor} editor */
function annotateSeen({ app, view, plane }) {
  app.go(`#/annotate/${encodeURIComponent(viewIdOf(view, plane.value))}`);
}

/**
 * @param {Editor} editor
 * @returns {import("../actions.js").Action[]}
 */
function planeActions(editor) {
  const { planes: counts } = editor.view;
  const step = (/** @type {"t" | "z"} */ axis, /** @type {number} */ by) => () => {
    editor.plane.value = stepped(editor.plane.value, axis, by, counts);
  };
  const group = "View";
  return [
    { id: "plane-up", title: "Next focal plane", group, keys: ["Alt+ArrowUp"], run: step("z", 1) },
    { id: "plane-down", title: "Focal plane before", group, keys: ["Alt+ArrowDown"], run: step("z", -1) },
    { id: "time-next", title: "Next time point", group, keys: ["Alt+ArrowRight"], run: step("t", 1) },
    { id: "time-before", title: "Time point before", group, keys: ["Alt+ArrowLeft"], run: step("t", -1) },
    {
      id: "plane-annotate",
      title: "Annotate the plane in sight",
      group,
      keys: ["Alt+P"],
      run: () => annotateSeen(editor),
      when: () => !isSamePlane(editor.plane.value, editor.view.plane),
    },
  ];
}
