import { ApiError, get } from "../api.js";
import { fill, h } from "../dom.js";
import { assistEngine, assistState } from "../tools/assist_engine.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../tools/assist_engine.js").Engine} Engine */

/**
 * Which engine turns clicks into outlines, whether it can, and how the present object stands. Shown with its tool.
 * @param {Editor} editor
 */
export function assistPanel(editor) {
  const choice = h("select", {
    id: "assist-engine",
    "aria-label": "Engine",
    onchange: () => (assistEngine.value = choice.value),
  });
  const health = h("p", { class: "small dim assist-health", id: "assist-health" });
  const line = h("p", { class: "small assist-line", id: "assist-state", role: "status" });
  const element = h(
    "section",
    { class: "panel assist", id: "assist-panel", "aria-label": "Assist" },
    h("h3", {}, "Assist"),
    field("Engine", choice),
    health,
    line,
    h(
      "p",
      { class: "small dim keys" },
      keyed("Enter", "finish"),
      keyed("Backspace", "take back"),
      keyed("Esc", "give up"),
      keyed("s", "+ or −"),
    ),
  );
  /** @type {Engine[]} */
  let engines = [];
  const show = () => {
    element.hidden = editor.tool.value !== "assist";
    fill(line, ...said(assistState.value));
  };
  const list = () => showEngines(choice, health, engines);
  const refresh = async () => {
    engines = await get("api/assist").catch(nothing);
    if (engines.length && !engines.some(({ name, health: ill }) => name === assistEngine.value && !ill))
      assistEngine.value = "classical";
    list();
  };
  show();
  void refresh();
  const leave = [
    editor.tool.subscribe((id) => {
      show();
      if (id === "assist") void refresh();
    }),
    assistEngine.subscribe(list),
    assistState.subscribe(show),
  ];
  return { element, close: () => leave.forEach((one) => one()) };
}

/**
 * The engines are unknown while the server is away; the last choice stays.
 * @param {unknown} error
 * @returns {Engine[]}
 */
function nothing(error) {
  if (error instanceof ApiError) return [];
  throw error;
}

/**
 * @param {HTMLSelectElement} choice
 * @param {HTMLElement} health
 * @param {Engine[]} engines
 */
function showEngines(choice, health, engines) {
  const options = engines.map(({ name, title, health: ill }) =>
    h("option", { value: name, disabled: Boolean(ill) }, title),
  );
  fill(choice, ...options);
  choice.value = assistEngine.value;
  fill(health, engines.map((one) => one.health).find(Boolean) ?? "");
  health.hidden = !engines.some((one) => one.health);
}

/**
 * @param {string} key
 * @param {string} what
 */
function keyed(key, what) {
  return h("span", {}, h("kbd", {}, key), ` ${what} `);
}

/**
 * @param {typeof assistState.value} state
 * @returns {import("../dom.js").Child[]}
 */
function said({ clicks, isBusy, score, problem }) {
  if (problem) return [h("span", { class: "assist-problem" }, problem)];
  if (isBusy) return [h("span", { class: "spinner", "aria-hidden": "true" }), " working …"];
  if (!clicks) return ["Click inside an object, or drag a box around it."];
  return [
    score !== null && score < 0.45
      ? "Unsure: click + at both ends of it, or drag a box around it."
      : "Enter keeps it; + and − clicks correct it.",
  ];
}
