import { get } from "../api.js";
import { h } from "../dom.js";
import { ask } from "./dialog.js";
import { field } from "./field.js";

/** What a model that was never measured proposes from. */
const LEAST_SCORE = 0.25;

/**
 * Ask which model shall propose objects, and from which score on.
 * @param {string} title
 * @param {string[]} lines what to know
 * @returns {Promise<{model: string, conf: number} | null>} null when that was given up
 */
export async function askModel(title, lines) {
  const model = h("select", { id: "propose-model" }, await options());
  const conf = h("input", { id: "propose-conf", type: "number", min: 0, max: 1, step: 0.05, value: LEAST_SCORE });
  const body = [
    field("Model", model),
    field("Least score of a proposal (0 to 1)", conf),
    ...lines.map((line) => h("p", { class: "dim" }, line)),
  ];
  const answer = await ask(title, body, [{ value: "propose", label: "Propose", kind: "primary" }]);
  if (!answer) return null;
  return { model: model.value, conf: Number.isFinite(conf.valueAsNumber) ? conf.valueAsNumber : LEAST_SCORE };
}

/** The models that can propose, newest first; the classical one needs no training. */
async function options() {
  /** @type {{reference: string}[]} */
  const cards = await get("api/models");
  const own = cards.map(({ reference }) => h("option", { value: reference }, reference));
  return [...own, h("option", { value: "threshold" }, "Classical: bright or dark blobs, needs no training")];
}
