import { counted } from "../core/words.js";
import { h } from "../dom.js";

/**
 * Something that could not be carried, as the server tells it.
 * @typedef {Object} Loss
 * @property {string} kind
 * @property {string} what
 * @property {string} file
 * @property {string} place
 * @property {number} count
 */

const SHOWN = 200;

/**
 * Losses in words, a line for each kind with the places behind it.
 * @param {Loss[]} losses
 */
export function lossList(losses) {
  /** @type {Map<string, Loss[]>} */
  const kinds = new Map();
  for (const loss of losses) kinds.set(loss.kind, [...(kinds.get(loss.kind) ?? []), loss]);
  return h("div", { class: "losses" }, [...kinds.values()].map(ofKind));
}

/** @param {Loss[]} losses */
function ofKind(losses) {
  const first = /** @type {Loss} */ (losses[0]);
  const same = losses.every(({ what }) => what === first.what);
  const count = losses.reduce((sum, loss) => sum + loss.count, 0);
  const places = losses
    .slice(0, SHOWN)
    .map((loss) => h("li", {}, [where(loss), same ? "" : loss.what].filter(Boolean).join(": ")));
  const more = losses.length > SHOWN ? [h("li", {}, `and ${losses.length - SHOWN} more`)] : [];
  const summary = h(
    "summary",
    {},
    same ? first.what : sentence(losses),
    " ",
    h("span", { class: "chip" }, counted(count, "time")),
  );
  return h("details", { "data-loss": first.kind }, summary, h("ul", {}, ...places, ...more));
}

/** @param {Loss} loss */
function where({ file, place }) {
  return [file, place].filter(Boolean).join(", ");
}

/** What stands for several different sentences: the first, and how many others there are.
 * @param {Loss[]} losses */
function sentence(losses) {
  const different = new Set(losses.map(({ what }) => what)).size;
  return `${losses[0]?.what ?? ""} … and ${counted(different - 1, "similar case")}`;
}
