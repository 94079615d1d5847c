// Objects that somebody else changed at the same time: both versions, and what is to be kept. Work goes on meanwhile.

import { differences } from "../core/conflict.js";
import { shapeBox } from "../core/geometry.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { drawOutlines } from "./outline_picture.js";

/** @typedef {import("../core/conflict.js").Choice} Choice */
/** @typedef {import("../core/merge.js").Clash} Clash */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/**
 * The panel of conflicts; hidden while there are none.
 * @param {Editor} editor
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function conflict(editor) {
  const title = h("h3", {}, "Conflicts");
  const list = h("ul", { class: "conflicts" });
  const element = h("section", { class: "panel conflict", id: "conflicts", "aria-live": "polite", hidden: true }, title, list);
  const update = () => {
    const clashes = editor.autosave.conflicts.value;
    element.hidden = !clashes.length;
    fill(title, `${counted(clashes.length, "object")} changed by somebody else too`);
    fill(list, allAtOnce(editor, clashes), ...clashes.map((clash) => row(editor, clash)));
  };
  update();
  return { element, close: editor.autosave.conflicts.subscribe(update) };
}

/**
 * One answer for all; where there is one conflict its own buttons are enough.
 * @param {Editor} editor
 * @param {Clash[]} clashes
 */
function allAtOnce(editor, clashes) {
  if (clashes.length < 2) return null;
  const all = (/** @type {Choice} */ choice) => () => clashes.forEach(({ id }) => editor.autosave.resolve(id, choice));
  return h(
    "li",
    { class: "toolbar" },
    h("button", { class: "button", "data-all": "mine", onclick: all("mine") }, "Keep all of mine"),
    h("button", { class: "button", "data-all": "theirs", onclick: all("theirs") }, "Keep all of theirs"),
  );
}

/**
 * @param {Editor} editor
 * @param {Clash} clash
 */
function row(editor, clash) {
  const { id, mine, theirs } = clash;
  const choose = (/** @type {Choice} */ choice) => () => editor.autosave.resolve(id, choice);
  const button = (/** @type {Choice} */ choice, /** @type {string} */ text) =>
    h("button", { class: "button", "data-choice": choice, onclick: choose(choice) }, text);
  return h(
    "li",
    { "data-conflict": id },
    h("p", { class: "dim" }, `Different: ${differences(clash).join(", ")}`),
    h("div", { class: "versions" }, version(editor, clash, "mine"), version(editor, clash, "theirs")),
    h(
      "div",
      { class: "toolbar" },
      button("mine", mine ? "Keep mine" : "Remove it"),
      button("theirs", theirs ? "Keep theirs" : "Remove it"),
      mine && theirs && button("both", "Keep both"),
      h("button", { class: "button quiet", "data-choice": "show", onclick: () => show(editor, clash) }, "Show"),
    ),
  );
}

/**
 * One side, with the other one's outline faint behind its own.
 * @param {Editor} editor
 * @param {Clash} clash
 * @param {"mine" | "theirs"} side
 */
function version(editor, clash, side) {
  const object = clash[side];
  const other = clash[side === "mine" ? "theirs" : "mine"];
  const canvas = h("canvas", { width: 2 * PICTURE, height: 2 * PICTURE, role: "img", "aria-label": described(object) });
  requestAnimationFrame(() => drawOutlines(canvas, object?.shape ?? [], other?.shape ?? [], side === "mine" ? "--accent" : "--warn"));
  const who = side === "mine" ? "Mine" : `Theirs${object ? `: ${nameOf(object)}` : ""}`;
  const color = editor.classes.value.find(({ name }) => name === object?.label)?.color;
  const dot = h("span", { class: "dot" });
  if (color) dot.style.background = color;
  return h("figure", {}, canvas, h("figcaption", {}, h("b", {}, who), object ? h("span", {}, dot, object.label) : "removed"));
}

const PICTURE = 112;

/** @param {ImageObject} object */
function nameOf({ author }) {
  return author.replace(/^(human|model|import):/, "");
}

/** @param {ImageObject | null} object */
function described(object) {
  return object ? `outline of ${object.label}, by ${nameOf(object)}` : "removed";
}

/**
 * Go where the object is.
 * @param {Editor} editor
 * @param {Clash} clash
 */
function show(editor, { id, mine, theirs }) {
  const box = shapeBox((mine ?? theirs)?.shape ?? []);
  if (box) editor.viewer.showBox(box);
  if (editor.store.get(id)) editor.selection.value = new Set([id]);
}
