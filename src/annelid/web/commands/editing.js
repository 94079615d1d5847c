import { newId } from "../core/ids.js";
import { viewIdOf } from "../core/planes.js";
import { moved } from "../core/reshape.js";
import { counted } from "../core/words.js";
import { get, post } from "../api.js";
import { session } from "../session.js";
import { changeable } from "../tools/add.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/** CSS pixels by which a duplicate lies beside what it was made from. */
const OFFSET = 14;

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function editingActions(editor) {
  const group = "Edit";
  const some = () => editor.selection.value.size > 0;
  const nudge = (/** @type {number} */ dx, /** @type {number} */ dy) => () => nudged(editor, dx, dy);
  return [
    {
      id: "undo",
      title: "Undo",
      group,
      keys: ["Ctrl+Z"],
      run: () => turned(editor, "undo"),
      when: () => editor.store.canUndo,
    },
    {
      id: "redo",
      title: "Redo",
      group,
      keys: ["Ctrl+Shift+Z", "Ctrl+Y"],
      run: () => turned(editor, "redo"),
      when: () => editor.store.canRedo,
    },
    { id: "delete", title: "Delete", group, keys: ["Delete", "Backspace"], run: () => removed(editor), when: some },
    { id: "copy", title: "Copy", group, keys: ["Ctrl+C"], run: () => copied(editor), when: some },
    {
      id: "cut-out",
      title: "Copy and delete",
      group,
      keys: ["Ctrl+X"],
      run: () => (copied(editor), removed(editor)),
      when: some,
    },
    {
      id: "paste",
      title: "Paste: at the same place, also on another image",
      group,
      keys: ["Ctrl+V"],
      run: () => pasted(editor),
      when: () => session.clipboard.length > 0,
    },
    { id: "duplicate", title: "Duplicate", group, keys: ["Ctrl+D"], run: () => duplicated(editor), when: some },
    {
      id: "next-plane",
      title: "Duplicate to the next plane (in z, else in time) and go there",
      group,
      keys: ["Shift+D"],
      run: () => void toNextPlane(editor),
      when: () => some() && nextPlane(editor) !== null,
    },
    {
      id: "nudge-left",
      title: "Move by a pixel to the left",
      group,
      keys: ["Ctrl+ArrowLeft"],
      run: nudge(-1, 0),
      when: some,
    },
    {
      id: "nudge-right",
      title: "Move by a pixel to the right",
      group,
      keys: ["Ctrl+ArrowRight"],
      run: nudge(1, 0),
      when: some,
    },
    { id: "nudge-up", title: "Move by a pixel up", group, keys: ["Ctrl+ArrowUp"], run: nudge(0, -1), when: some },
    { id: "nudge-down", title: "Move by a pixel down", group, keys: ["Ctrl+ArrowDown"], run: nudge(0, 1), when: some },
  ];
}

/**
 * @param {Editor} editor
 * @param {"undo" | "redo"} what
 */
function turned(editor, what) {
  const step = editor.store[what]();
  if (step?.left.length)
    editor.notify(
      `Somebody else changed ${counted(step.left.length, "object")} meanwhile: left as they are.`,
      "warning",
    );
}

/** @param {Editor} editor */
export function removed(editor) {
  const objects = changeable(editor);
  editor.apply({ removed: objects.map(({ id }) => id), message: `deleted ${counted(objects.length, "object")}` });
}

/** @param {Editor} editor */
function copied(editor) {
  session.clipboard = [...editor.selection.value].flatMap((id) => editor.store.get(id) ?? []);
  editor.notify(`${counted(session.clipboard.length, "object")} copied. Ctrl+V puts them here, or on another image.`);
}

/** @param {Editor} editor */
function pasted(editor) {
  const known = new Set(editor.classes.value.map(({ name }) => name));
  const [width, height] = editor.view.size_wh;
  const fits = session.clipboard.filter(({ label, shape }) => known.has(label) && touches(shape, width, height));
  const left = session.clipboard.length - fits.length;
  if (left)
    editor.notify(`${counted(left, "object")} left out: outside of this image, or of a class that is gone.`, "warning");
  put(editor, fits, "pasted");
}

/**
 * @param {ImageObject["shape"]} shape
 * @param {number} width
 * @param {number} height
 */
function touches(shape, width, height) {
  return shape.some(([ring]) =>
    ring.some((value, i) => i % 2 === 0 && value < width && value >= 0 && ring[i + 1] >= 0 && ring[i + 1] < height),
  );
}

/** @param {Editor} editor */
function duplicated(editor) {
  const offset = OFFSET / editor.viewer.transform.value.scale;
  const objects = [...editor.selection.value].flatMap((id) => editor.store.get(id) ?? []);
  put(
    editor,
    objects.map((object) => moved(object, offset, offset)),
    "duplicated",
  );
}

/**
 * Add copies as the person's own, and select them.
 * @param {Editor} editor
 * @param {ImageObject[]} objects
 * @param {string} message
 */
function put(editor, objects, message) {
  const copies = objects.map((object) => copyOf(object, editor.author));
  if (!copies.length) return;
  editor.apply({ upsert: copies, message: `${message} ${counted(copies.length, "object")}` });
  editor.selection.value = new Set(copies.map(({ id }) => id));
}

/**
 * @param {ImageObject} object
 * @param {string} author
 * @returns {ImageObject}
 */
function copyOf(object, author) {
  return { ...object, id: newId(), author, score: null, origin: "", parent: "" };
}

/**
 * @param {Editor} editor
 * @param {number} dx
 * @param {number} dy
 */
function nudged(editor, dx, dy) {
  const upsert = changeable(editor).map(({ id }) => moved(editor.corrected(id), dx, dy));
  editor.apply({ upsert, message: "moved" });
}

/**
 * The plane behind this one; null at the last.
 * @param {Editor} editor
 */
function nextPlane({ view: { planes, plane } }) {
  if (!plane.projection && plane.z + 1 < planes[1]) return { t: plane.t, z: plane.z + 1 };
  return plane.t + 1 < planes[0] ? { t: plane.t + 1, z: plane.z } : null;
}

/** @param {Editor} editor */
async function toNextPlane(editor) {
  const plane = nextPlane(editor);
  if (!plane) return;
  const id = viewIdOf(editor.view, plane);
  const path = `api/views/${encodeURIComponent(id)}`;
  const copies = [...editor.selection.value].flatMap((each) => editor.store.get(each) ?? []);
  const { revision } = await get(`${path}/annotation`);
  await post(`${path}/changes`, {
    upsert: copies.map((object) => copyOf(object, editor.author)),
    removed: [],
    message: "duplicated from the plane before",
    base_revision: revision,
    author: editor.author,
  });
  editor.app.go(`#/annotate/${encodeURIComponent(id)}`);
}
