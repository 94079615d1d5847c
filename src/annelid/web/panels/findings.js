import { get } from "../api.js";
import { fill, h } from "../dom.js";

/**
 * What the data check finds, first without looking at pixels, then with. Errors are said before anybody trains.
 */
export function findingsPanel() {
  const list = h("div", { class: "findings-list" });
  const state = h("span", { class: "dim small", role: "status" });
  const element = h(
    "section",
    { class: "panel", id: "findings" },
    h("div", { class: "toolbar" }, h("h3", {}, "Are the data fit to train on?"), h("span", { class: "spacer" }), state),
    list,
  );
  const stop = new AbortController();
  look(list, state, stop.signal).catch((error) => {
    if (!stop.signal.aborted) fill(state, `the check failed: ${error.message}`);
  });
  return { element, close: () => stop.abort() };
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} state
 * @param {AbortSignal} signal
 */
async function look(list, state, signal) {
  fill(state, h("span", { class: "spinner" }), " checking the annotation");
  show(list, (await get("api/findings", { signal })).findings, false);
  fill(state, h("span", { class: "spinner" }), " looking at the images");
  show(list, (await get("api/findings?pixels=1", { signal })).findings, true);
  fill(state, "checked");
}

/**
 * @param {HTMLElement} list
 * @param {any[]} findings
 * @param {boolean} isWhole
 */
function show(list, findings, isWhole) {
  const told = findings.map((finding) =>
    h(
      "details",
      { class: `notice ${finding.severity === "info" ? "" : finding.severity}`, "data-code": finding.code },
      h("summary", {}, finding.what, " ", h("span", { class: "dim small" }, finding.code)),
      h("p", {}, finding.why),
      h("p", {}, h("span", { class: "dim" }, "What to do: "), finding.fix),
      h(
        "ul",
        { class: "plain small" },
        finding.evidence.slice(0, 12).map((/** @type {{text: string}} */ place) => h("li", {}, place.text)),
      ),
    ),
  );
  fill(
    list,
    told.length ? told : isWhole ? h("p", { class: "dim" }, "Nothing was found that would spoil a training.") : null,
  );
}
