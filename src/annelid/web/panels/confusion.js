import { fill, h } from "../dom.js";
import { number } from "../core/words.js";

/**
 * The confusion matrix: columns are true classes, rows what was predicted; the last row was missed, the last column made up.
 * @param {string[]} classes
 * @param {number[][]} matrix (K + 1) x (K + 1) counts, `matrix[predicted][true]`
 * @param {number | null} conf
 */
export function confusionPanel(classes, matrix, conf) {
  const table = h("table", { class: "confusion" });
  const shares = h("input", { type: "checkbox", id: "confusion-shares" });
  const draw = () =>
    fill(
      table,
      head(classes),
      h(
        "tbody",
        {},
        matrix.map((row, n) => line(classes, matrix, row, n, shares.checked)),
      ),
    );
  shares.addEventListener("change", draw);
  draw();
  const at = conf === null ? "" : ` at confidence ${conf.toFixed(2)}, an overlap of one half counts as found`;
  return h(
    "section",
    { class: "panel", id: "confusion" },
    h(
      "div",
      { class: "toolbar" },
      h("h3", {}, "Confusion matrix"),
      h("span", { class: "spacer" }),
      h("label", { class: "check" }, shares, "shares of a column"),
    ),
    h("p", { class: "dim small" }, `What objects of a class (column) were called (row)${at}.`),
    h("div", { class: "scroll" }, table),
  );
}

/** @param {string[]} classes */
function head(classes) {
  const names = [...classes, "nothing there"].map((name) => h("th", { scope: "col", class: "number" }, name));
  return h("thead", {}, h("tr", {}, h("th", {}, h("span", { class: "dim" }, "predicted ↓ true →")), ...names));
}

/**
 * @param {string[]} classes
 * @param {number[][]} matrix
 * @param {number[]} row
 * @param {number} index
 * @param {boolean} asShare
 */
function line(classes, matrix, row, index, asShare) {
  const cells = row.map((count, column) => {
    if (index === classes.length && column === classes.length) return h("td", { class: "number dim" }, "");
    const total = matrix.reduce((sum, each) => sum + (each[column] ?? 0), 0);
    const share = total ? count / total : 0;
    const cell = h(
      "td",
      { class: index === column ? "number right" : "number wrong" },
      asShare ? `${(100 * share).toFixed(0)} %` : number(count),
    );
    cell.style.setProperty("--share", String(share));
    return cell;
  });
  return h("tr", {}, h("th", { scope: "row" }, classes[index] ?? "missed"), ...cells);
}
