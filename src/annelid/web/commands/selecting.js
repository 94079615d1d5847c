import { shapeArea, shapeBox } from "../core/geometry.js";
import { inReadingOrder } from "../core/order.js";
import { fitted } from "../core/transform.js";
import { counted } from "../core/words.js";
import { ask } from "../panels/dialog.js";
import { field } from "../panels/field.js";
import { h } from "../dom.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function selectingActions(editor) {
  const group = "Select";
  return [
    { id: "select-none", title: "Select nothing", group, keys: ["Escape"], run: () => choose(editor, () => false) },
    { id: "select-all", title: "Select all", group, keys: ["Ctrl+A"], run: () => choose(editor, () => true) },
    {
      id: "select-class",
      title: "Select all of the class of what is selected, else of the current class",
      group,
      keys: ["Shift+C"],
      run: () => chooseClass(editor),
    },
    {
      id: "select-invert",
      title: "Select all others instead",
      group,
      keys: ["Ctrl+I"],
      run: () => choose(editor, ({ id }) => !editor.selection.value.has(id)),
    },
    {
      id: "select-range",
      title: "Select by score or by size …",
      group,
      keys: ["g"],
      run: () => void chooseRange(editor),
    },
    { id: "next-object", title: "Next object", group, keys: ["n"], run: () => step(editor, 1) },
    { id: "previous-object", title: "Previous object", group, keys: ["Shift+N"], run: () => step(editor, -1) },
    {
      id: "zoom-selected",
      title: "Zoom to what is selected",
      group,
      keys: ["z"],
      run: () => zoomTo(editor, [...editor.selection.value]),
      when: () => editor.selection.value.size > 0,
    },
  ];
}

/**
 * @param {Editor} editor
 * @param {(object: ImageObject) => boolean} isChosen
 */
function choose(editor, isChosen) {
  const shown = [...editor.store.objects.values()].filter(({ id }) => editor.viewer.objects.isShown(id));
  editor.selection.value = new Set(shown.filter(isChosen).map(({ id }) => id));
}

/** @param {Editor} editor */
function chooseClass(editor) {
  const labels = new Set([...editor.selection.value].map((id) => editor.store.get(id)?.label));
  if (!labels.size) labels.add(editor.currentClass.value);
  choose(editor, ({ label }) => labels.has(label));
}

/** @param {Editor} editor */
async function chooseRange(editor) {
  const entry = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ placeholder) =>
    field(label, h("input", { id: `range-${name}`, name, type: "number", step: "any", min: 0, placeholder }));
  const body = h(
    "div",
    { class: "range-fields" },
    entry("low", "Score at least", "0"),
    entry("high", "Score at most", "1"),
    entry("small", "Area at least, px²", "0"),
    entry("large", "Area at most, px²", "any"),
  );
  const answer = await ask(
    "Select by score or by size",
    [body],
    [{ value: "select", label: "Select", kind: "primary" }],
  );
  if (!answer) return;
  const value = (/** @type {string} */ name) => {
    const text = body.querySelector(`[name=${name}]`);
    return text instanceof HTMLInputElement && text.value !== "" ? Number(text.value) : null;
  };
  choose(editor, inRange({ low: value("low"), high: value("high"), small: value("small"), large: value("large") }));
  editor.notify(`${counted(editor.selection.value.size, "object")} selected.`);
}

/**
 * Whether an object lies in all of the ranges that are given; what has no score is in none of scores.
 * @param {Record<"low" | "high" | "small" | "large", number | null>} range
 * @returns {(object: ImageObject) => boolean}
 */
function inRange({ low, high, small, large }) {
  const holds = (
    /** @type {number | null} */ value,
    /** @type {number | null} */ least,
    /** @type {number | null} */ most,
  ) =>
    (least === null && most === null) ||
    (value !== null && value >= (least ?? -Infinity) && value <= (most ?? Infinity));
  return ({ score, shape }) => holds(score, low, high) && holds(shapeArea(shape), small, large);
}

/**
 * Go on to the next object in reading order, and see it.
 * @param {Editor} editor
 * @param {1 | -1} by
 */
function step(editor, by) {
  const ids = inReadingOrder([...editor.store.objects.values()].filter(({ id }) => editor.viewer.objects.isShown(id)));
  if (!ids.length) return;
  const now = ids.indexOf([...editor.selection.value].at(-1) ?? "");
  const next = ids[now < 0 ? (by > 0 ? 0 : ids.length - 1) : (now + by + ids.length) % ids.length];
  editor.selection.value = new Set([next]);
  bringIntoSight(editor, next);
}

/**
 * Move the image only where the object is not in sight as a whole.
 * @param {Editor} editor
 * @param {string} id
 */
export function bringIntoSight(editor, id) {
  const object = editor.store.get(id);
  const box = object && shapeBox(object.shape);
  if (!box) return;
  const { viewer } = editor;
  const [[x1, y1], [x2, y2]] = [viewer.toScreen(box[0], box[1]), viewer.toScreen(box[2], box[3])];
  const isSmall = Math.max(x2 - x1, y2 - y1) < 16;
  if (isSmall) return zoomTo(editor, [id]);
  const isInSight = x1 >= 0 && y1 >= 0 && x2 <= viewer.screen.width && y2 <= viewer.screen.height;
  if (!isInSight) viewer.zoomTo(viewer.transform.value.scale, [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
}

/**
 * @param {Editor} editor
 * @param {string[]} ids
 */
export function zoomTo(editor, ids) {
  const shapes = ids.flatMap((id) => editor.store.get(id)?.shape ?? []);
  const box = shapeBox(shapes);
  const { viewer } = editor;
  const least = fitted(viewer.size, viewer.screen).scale;
  const isLarge = box && Math.max(box[2] - box[0], box[3] - box[1]) * least > 0.35 * viewer.screen.height;
  if (box) viewer.showBox(box, isLarge || ids.length > 1 ? 0.85 : 0.35);
}
