import { cut, fillHoles, pieces, subtract, union } from "../core/boolean.js";
import { cutOutline } from "../core/cut_outline.js";
import { boxesMeet, shapeBox } from "../core/geometry.js";
import { newId } from "../core/ids.js";
import { reshaped } from "../core/reshape.js";
import { simplifyShape } from "../core/simplify.js";
import { counted } from "../core/words.js";
import { changeable } from "../tools/add.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Shape} Shape */
/** @typedef {{object: ImageObject, shapes: Shape[], kind?: "polygon" | "mask"}} Piece an object and what it falls into */

/** Image pixels by which a simplified outline may leave the old one. */
const TOLERANCE = 0.75;

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function shapeActions(editor) {
  const group = "Shape";
  const [some, several] = [() => editor.selection.value.size > 0, () => editor.selection.value.size > 1];
  const each = (/** @type {(shape: Shape) => Shape} */ make, /** @type {string} */ message) => () =>
    eachShape(editor, make, message);
  return [
    {
      id: "merge",
      title: "Merge into one object, of the class of the first selected",
      group,
      keys: ["m"],
      run: () => merged(editor),
      when: several,
    },
    {
      id: "subtract",
      title: "Subtract: take the last selected away from the others; it stays",
      group,
      keys: ["Shift+S"],
      run: () => subtracted(editor),
      when: several,
    },
    {
      id: "split-parts",
      title: "Split parts that do not touch into objects",
      group,
      keys: ["Shift+P"],
      run: () => splitParts(editor),
      when: some,
    },
    {
      id: "fill-holes",
      title: "Fill holes",
      group,
      keys: ["Shift+F"],
      run: each(fillHoles, "holes filled"),
      when: some,
    },
    {
      id: "simplify",
      title: "Simplify: fewer vertices, the outline moves by less than a pixel",
      group,
      keys: ["Shift+L"],
      run: each((shape) => simplifyShape(shape, TOLERANCE), "simplified"),
      when: some,
    },
  ];
}

/**
 * The selected objects with an area that may be changed.
 * @param {Editor} editor
 */
function withArea(editor) {
  return changeable(editor).filter(({ kind }) => kind !== "point");
}

/** @param {Editor} editor */
function merged(editor) {
  const objects = withArea(editor);
  const [first, ...others] = objects;
  if (!first || !others.length)
    return editor.notify("To merge, select two or more objects that have an area.", "warning");
  const shapes = objects.map(({ shape }) => shape);
  const [shape, kind] = areApart(shapes)
    ? [shapes.flat(), /** @type {const} */ ("polygon")]
    : [union(shapes), /** @type {const} */ ("mask")];
  const upsert = [reshaped(editor.corrected(first.id), shape, kind)];
  editor.apply({ upsert, removed: others.map(({ id }) => id), message: `merged ${counted(objects.length, "object")}` });
  editor.selection.value = new Set([first.id]);
}

/**
 * Whether no two can touch, so that they need not be drawn as pixels to be one.
 * @param {Shape[]} shapes
 */
function areApart(shapes) {
  const boxes = shapes.map(shapeBox).filter((box) => box !== null);
  return boxes.every((box, n) => boxes.slice(n + 1).every((other) => !boxesMeet(box, other)));
}

/** @param {Editor} editor */
function subtracted(editor) {
  const last = editor.store.get([...editor.selection.value].at(-1) ?? "");
  const others = withArea(editor).filter((object) => object !== last);
  if (!last || last.kind === "point" || !others.length) return;
  const results = others.map((object) => ({ object, shape: subtract(object.shape, [last.shape]) }));
  const kept = results.filter(({ shape }) => shape.length);
  editor.apply({
    upsert: kept.map(({ object, shape }) => reshaped(editor.corrected(object.id), shape, "mask")),
    removed: results.filter(({ shape }) => !shape.length).map(({ object }) => object.id),
    message: "subtracted",
  });
}

/** @param {Editor} editor */
function splitParts(editor) {
  const found = withArea(editor).map((object) => ({ object, shapes: pieces(object.shape) }));
  const split = found.filter(({ shapes }) => shapes.length > 1);
  if (!split.length) return editor.notify("Nothing to split: what is selected is of one piece.");
  const kindOf = (/** @type {Piece} */ { object, shapes }) =>
    shapes.every(([part]) => object.shape.includes(part)) && object.kind !== "mask" ? "polygon" : "mask";
  replaceByPieces(
    editor,
    split.map((one) => ({ ...one, kind: kindOf(one) })),
    "parts split",
  );
}

/**
 * Split what a line crosses: what is selected, else everything under it.
 * @param {Editor} editor
 * @param {number[]} line x0, y0, x1, y1, ...
 */
export function cutAlong(editor, line) {
  const chosen = editor.selection.value.size ? withArea(editor) : under(editor, line);
  const split = chosen.map((object) => cutOne(object, line)).filter(({ shapes }) => shapes.length > 1);
  if (!split.length) return editor.notify("The line has to run right across an object.", "warning");
  replaceByPieces(editor, split, "cut");
}

/**
 * An outline is cut exactly; a mask, and what the line crosses more than once, by its pixels.
 * @param {ImageObject} object
 * @param {number[]} line
 * @returns {Piece}
 */
function cutOne(object, line) {
  const sides = object.kind === "mask" ? null : cutOutline(object.shape, line);
  return sides ? { object, shapes: sides, kind: "polygon" } : { object, shapes: cut(object.shape, line), kind: "mask" };
}

/**
 * @param {Editor} editor
 * @param {number[]} line
 */
function under(editor, line) {
  const box = shapeBox([[line]]);
  return [...editor.store.objects.values()].filter(({ id, kind, shape }) => {
    const other = shapeBox(shape);
    return (
      kind !== "point" &&
      !editor.locked.value.has(id) &&
      box &&
      other &&
      boxesMeet(box, other) &&
      editor.viewer.objects.isShown(id)
    );
  });
}

/**
 * The largest piece stays the object; the others are new ones like it.
 * @param {Editor} editor
 * @param {Piece[]} split
 * @param {string} message
 */
function replaceByPieces(editor, split, message) {
  const upsert = split.flatMap(({ object, shapes, kind }) => {
    const own = editor.corrected(object.id);
    return shapes.map((shape, n) => reshaped(n ? { ...own, id: newId() } : own, shape, kind ?? "mask"));
  });
  editor.apply({ upsert, message });
  editor.selection.value = new Set(upsert.map(({ id }) => id));
}

/**
 * @param {Editor} editor
 * @param {(shape: Shape) => Shape} make
 * @param {string} message
 */
function eachShape(editor, make, message) {
  const objects = withArea(editor).filter(({ kind }) => kind === "polygon" || kind === "mask");
  if (!objects.length) return editor.notify("That is for polygons and masks.");
  editor.apply({
    upsert: objects.map(({ id, shape }) => reshaped(editor.corrected(id), make(shape), "polygon")),
    message,
  });
}
