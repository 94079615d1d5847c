import { deedOf, trainHash } from "../core/command.js";
import { h } from "../dom.js";

/**
 * @typedef {Object} Finding
 * @property {string} code
 * @property {string} name
 * @property {"error" | "warning" | "info" | "good"} severity
 * @property {string} seen
 * @property {string} why
 * @property {string} todo
 * @property {string[]} commands
 * @property {string} image
 */

/** @typedef {import("../core/command.js").Deed} Deed */

const TITLES = { train: "Train so", evaluate: "Measure", propose: "Propose", check: "Check the data", predict: "" };

/**
 * What a training shows: seen, why it matters, what to do, with a button where the page can do it.
 * @param {Finding[]} findings
 * @param {(deed: Deed) => void} act does what is no training
 */
export function diagnosisPanel(findings, act) {
  return h(
    "section",
    { class: "panel diagnosis", id: "diagnosis" },
    h("h3", {}, "What the training shows"),
    findings.map((finding) => card(finding, act)),
  );
}

/**
 * @param {Finding} finding
 * @param {(deed: Deed) => void} act
 */
function card(finding, act) {
  const kind = finding.severity === "info" ? "" : finding.severity;
  return h(
    "article",
    { class: `notice ${kind} finding`, "data-code": finding.code },
    h(
      "div",
      {},
      h("h4", {}, finding.name.replaceAll("-", " "), " ", h("span", { class: "dim small" }, finding.code)),
      term("Seen", finding.seen),
      term("Why it matters", finding.why),
      term("What to do", finding.todo),
      finding.image ? term("An image that shows it", finding.image) : null,
      finding.commands.map((command) => advice(command, act)),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} text
 */
function term(name, text) {
  return h("p", {}, h("span", { class: "dim" }, `${name}: `), text);
}

/**
 * A command with a button that does the same, where there is one.
 * @param {string} command
 * @param {(deed: Deed) => void} act
 */
function advice(command, act) {
  const deed = deedOf(command);
  const line = h("code", { class: "command" }, command);
  if (!deed || !TITLES[deed.verb]) return h("div", { class: "toolbar advice" }, line);
  const button =
    deed.verb === "train"
      ? h("a", { class: "button", href: trainHash(deed) }, TITLES.train)
      : h("button", { class: "button", onclick: () => act(deed) }, TITLES[deed.verb]);
  return h("div", { class: "toolbar advice" }, button, line);
}
