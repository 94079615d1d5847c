import { h } from "../dom.js";
import { number } from "../core/words.js";

/**
 * Is it good enough: an answer in words, and what was found, missed and made up as bars on one scale.
 * @param {import("../training_types.js").Verdict} verdict
 */
export function verdictPanel(verdict) {
  const { truth, found, extra } = verdict.counts;
  const most = Math.max(truth, found + extra, 1);
  return h(
    "section",
    { class: "panel verdict", id: "verdict" },
    h("h3", {}, "Is it good enough?"),
    h("p", { class: "answer" }, verdict.answer),
    h("p", {}, verdict.advice),
    h(
      "div",
      { class: "bars" },
      bar(
        "true",
        truth,
        [
          ["found", found],
          ["missed", truth - found],
        ],
        most,
      ),
      bar(
        "drawn",
        found + extra,
        [
          ["found", found],
          ["extra", extra],
        ],
        most,
      ),
    ),
    h("p", { class: "legend" }, legend("found", found), legend("missed", truth - found), legend("extra", extra)),
    verdict.sentences.map((/** @type {string} */ sentence) => h("p", {}, sentence)),
    h(
      "ul",
      { class: "plain small dim" },
      verdict.cautions.map((/** @type {string} */ caution) => h("li", {}, caution)),
    ),
  );
}

/**
 * @param {string} name
 * @param {number} total
 * @param {[string, number][]} parts
 * @param {number} most
 */
function bar(name, total, parts, most) {
  const pieces = parts.map(([kind, count]) => {
    const piece = h("i", { class: kind, title: `${kind} ${count}` });
    piece.style.width = `${(100 * count) / most}%`;
    return piece;
  });
  return h(
    "div",
    { class: "bar-row" },
    h("span", { class: "dim" }, name),
    h("span", { class: "bar" }, pieces),
    h("b", { class: "number" }, number(total)),
  );
}

/**
 * @param {string} kind
 * @param {number} count
 */
function legend(kind, count) {
  return h("span", {}, h("i", { class: `swatch ${kind}` }), `${kind} `, h("b", {}, number(count)));
}
