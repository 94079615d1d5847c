import { isTaken } from "../actions.js";
import { fetchAhead } from "../ahead.js";
import { allActions } from "../commands/index.js";
import { neighbour } from "../commands/images.js";
import { h } from "../dom.js";
import { openEditor } from "../editor.js";
import { assistPanel } from "../panels/assist.js";
import { attributes } from "../panels/attributes.js";
import { channels } from "../panels/channels.js";
import { classes } from "../panels/classes.js";
import { conflict } from "../panels/conflict.js";
import { display } from "../panels/display.js";
import { handBack } from "../panels/hand_back.js";
import { help } from "../panels/help.js";
import { history } from "../panels/history.js";
import { objects } from "../panels/objects.js";
import { planes } from "../panels/planes.js";
import { proposalsPanel } from "../panels/proposals.js";
import { section } from "../panels/section.js";
import { states } from "../panels/states.js";
import { status } from "../panels/status.js";
import { toolbar } from "../panels/toolbar.js";
import { unreadable } from "../panels/unreadable.js";
import { TOOLS } from "../tools/index.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../panels/section.js").Panel} Panel */

const ENTER = () => new KeyboardEvent("keydown", { key: "Enter" });

/**
 * Annotate one view.
 * @type {import("../types.js").Mount}
 */
export async function mount(host, app, argument) {
  const [id = "", query = ""] = argument.split("?");
  const stage = h("div", { class: "stage", id: "viewer", "aria-label": "Image" });
  const opened = await openEditor(stage, app, id).catch((error) => unreadable(host, app, id, error));
  if (!opened) return () => {};
  const { editor } = opened;
  const leaveKeys = listenToKeys(editor);
  const leaveActions = editor.actions.add(allActions(editor));
  const parts = await layout(host, stage, editor, query);
  stage.focus({ preventScroll: true });
  const leaveFocus = handBack(host, stage);
  const next = neighbour(editor, 1);
  const timer = setTimeout(() => next && fetchAhead(next.id), 400);
  return async () => {
    clearTimeout(timer);
    leaveKeys();
    leaveFocus();
    for (const part of parts) part.close?.();
    leaveActions();
    await opened.close();
  };
}

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} stage
 * @param {Editor} editor
 * @param {string} query
 * @returns {Promise<Panel[]>}
 */
async function layout(host, stage, editor, query) {
  const [bar, tools, line, sheet] = [states(editor), toolbar(editor), status(editor), help(editor)];
  const side = h("aside", { class: "side", "aria-label": "Panels" });
  host.classList.add("annotate");
  host.replaceChildren(bar.element, tools.element, stage, side, line.element);
  bar.element.append(sheet.element);
  const panels = await sidePanels(editor, new URLSearchParams(query).get("run") ?? "");
  side.append(...panels.map(({ element }) => element));
  return [bar, tools, line, sheet, ...panels];
}

/**
 * @param {Editor} editor
 * @param {string} run name of a run whose mistakes are looked at, or ""
 * @returns {Promise<Panel[]>}
 */
async function sidePanels(editor, run) {
  const past = history(editor);
  const pastSection = folded("history", "History", past, false);
  pastSection.element.addEventListener("toggle", () => pastSection.element.open && void past.refresh());
  const found = [
    conflict(editor),
    assistPanel(editor),
    folded("classes", "Classes", classes(editor)),
    folded("proposals", "Proposals", proposalsPanel(editor)),
    folded("objects", "Objects", objects(editor)),
    folded("attributes", "Attributes", attributes(editor), false),
    planes(editor),
    folded("channels", "Channels", channels(editor), false),
    folded("display", "Display", display(editor), false),
    pastSection,
  ];
  if (!run) return found;
  const { mistakes } = await import("../panels/mistakes.js");
  return [mistakes(editor, run), ...found];
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Panel} panel
 * @param {boolean} [isOpen] at first
 */
function folded(id, title, panel, isOpen = true) {
  return { element: section(id, title, panel.element, { isOpen }), close: () => panel.close?.() };
}

/**
 * Bare keys go to the tool first, then to the list of actions.
 * @param {Editor} editor
 * @returns {() => void} stop listening
 */
function listenToKeys(editor) {
  const stop = new AbortController();
  const active = () => TOOLS.find(({ id }) => id === editor.tool.value);
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || isTaken(event)) return;
    const isBare = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isBare && active()?.key?.(event, editor)) return event.preventDefault();
    if (!isBare && event.key === "Enter") active()?.key?.(ENTER(), editor); // what is in hand belongs to what is complete
    editor.actions.press(event);
  };
  const turn = (/** @type {WheelEvent} */ event) => {
    const tool = active();
    if (!event.altKey || !tool?.wheel) return;
    event.preventDefault();
    tool.wheel(event, editor);
  };
  addEventListener("keydown", press, { signal: stop.signal });
  editor.viewer.host.addEventListener("wheel", turn, { signal: stop.signal, passive: false });
  return () => stop.abort();
}
