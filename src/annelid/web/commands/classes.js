import { counted } from "../core/words.js";
import { chooseClass } from "../panels/class_palette.js";
import { changeable } from "../tools/add.js";

/** @typedef {import("../actions.js").Action} Action */
/** @typedef {import("../types.js").Editor} Editor */

/**
 * @param {Editor} editor
 * @returns {Action[]}
 */
export function classActions(editor) {
  const group = "Class of what is selected, and of what is drawn next";
  const numbers = Array.from({ length: 9 }, (_, n) => ({
    id: `class-${n + 1}`,
    title: `Class ${n + 1}`,
    group,
    keys: [String(n + 1)],
    run: () => useClass(editor, editor.classes.value[n].name),
    when: () => editor.classes.value.length > n,
  }));
  const palette = {
    id: "class-palette",
    title: "Choose a class by typing",
    group,
    keys: ["c"],
    run: () => void fromPalette(editor),
  };
  return [...numbers, palette];
}

/**
 * Make a class the current one; what is selected becomes of it.
 * @param {Editor} editor
 * @param {string} name
 */
export function useClass(editor, name) {
  editor.currentClass.value = name;
  if (!editor.selection.value.size) return;
  const others = changeable(editor).filter(({ label }) => label !== name);
  const upsert = others.map(({ id }) => ({ ...editor.corrected(id), label: name }));
  editor.apply({ upsert, message: `${counted(upsert.length, "object")} made ${name}` });
}

/** @param {Editor} editor */
async function fromPalette(editor) {
  const name = await chooseClass(editor);
  if (name) useClass(editor, name);
}
