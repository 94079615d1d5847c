// What keeps changes from being saved: objects that somebody else changed at the same time, with both versions, and
// what the server refused. Work goes on meanwhile.

import { differences } from "../core/conflict.js";
import { shapeBox } from "../core/geometry.js";
import { counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { drawOutlines } from "./outline_picture.js";

/** @typedef {import("../core/conflict.js").Choice} Choice */
/** @typedef {import("../core/merge.js").Clash} Clash */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */

/** Conflicts that are shown at once; the next ones follow. */
const SHOWN = 10;

/**
 * The panel of conflicts and refusals; hidden while there are none.
 * @param {Editor} editor
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function conflict(editor) {
  const { conflicts, state } = editor.autosave;
  const title = h("h3", {});
  const list = h("ul", { class: "conflicts" });
  const element = h(
    "section",
    { class: "panel conflict", id: "conflicts", "aria-live": "polite", hidden: true },
    title,
    list,
  );
  const update = () => {
    const clashes = conflicts.value;
    const isRefused = !clashes.length && state.value === "refused";
    element.hidden = !clashes.length && !isRefused;
    fill(
      title,
      isRefused ? "The server refuses a change" : `${counted(clashes.length, "object")} changed by somebody else too`,
    );
    const shown = clashes.slice(0, SHOWN).map((clash) => row(editor, clash));
    fill(list, isRefused && refusal(editor), allAtOnce(editor, clashes), ...shown);
  };
  update();
  const stops = [conflicts.subscribe(update), state.subscribe(update)];
  return { element, close: () => stops.forEach((stop) => stop()) };
}

/** @param {Editor} editor */
function refusal({ autosave }) {
  return h(
    "li",
    {},
    h("p", {}, autosave.text.value),
    h(
      "div",
      { class: "choices" },
      h("button", { class: "button", id: "try-again", onclick: () => autosave.retry() }, "Try again"),
      h("button", { class: "button", id: "give-up", onclick: () => autosave.giveUp() }, "Give it up"),
    ),
  );
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
    { class: "choices" },
    h("span", { class: "dim" }, "Of all"),
    h("button", { class: "button", "data-all": "mine", onclick: all("mine") }, "Keep mine"),
    h("button", { class: "button", "data-all": "theirs", onclick: all("theirs") }, "Keep theirs"),
  );
}

/**
 * @param {Editor} editor
 * @param {Clash} clash
 */
function row(editor, clash) {
  const { id, mine, theirs } = clash;
  const button = (/** @type {Choice} */ choice, /** @type {string} */ text, /** @type {string} */ title) =>
    h(
      "button",
      { class: "button", "data-choice": choice, title, onclick: () => editor.autosave.resolve(id, choice) },
      text,
    );
  return h(
    "li",
    { "data-conflict": id },
    h(
      "div",
      { class: "difference" },
      h("span", { class: "dim" }, `Different: ${differences(clash).join(", ")}`),
      h("button", { class: "button quiet", "data-choice": "show", onclick: () => show(editor, clash) }, "Show"),
    ),
    h("div", { class: "versions" }, version(editor, clash, "mine"), version(editor, clash, "theirs")),
    h(
      "div",
      { class: "choices" },
      h("span", { class: "dim" }, "Keep"),
      button(
        "mine",
        mine ? "Mine" : "Removed",
        mine ? "Your version is saved in the place of theirs" : "It is removed, as you did",
      ),
      button(
        "theirs",
        theirs ? "Theirs" : "Removed",
        theirs ? "Your version is given up" : "It stays removed, your version is given up",
      ),
      mine && theirs && button("both", "Both", "Their version stays, yours becomes an object beside it"),
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
  const canvas = h("canvas", { width: PICTURE[0], height: PICTURE[1], role: "img", "aria-label": described(object) });
  requestAnimationFrame(() =>
    drawOutlines(canvas, object?.shape ?? [], other?.shape ?? [], side === "mine" ? "--accent" : "--warn"),
  );
  const who = side === "mine" ? "Mine" : `Theirs${object ? `: ${nameOf(object)}` : ""}`;
  const color = editor.classes.value.find(({ name }) => name === object?.label)?.color;
  const dot = h("span", { class: "dot" });
  if (color) dot.style.background = color;
  return h(
    "figure",
    {},
    canvas,
    h("figcaption", {}, h("b", {}, who), object ? h("span", {}, dot, object.label) : "removed"),
  );
}

/** Pixels of the canvas: twice those of the panel, for fine screens. */
const PICTURE = [256, 192];

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
