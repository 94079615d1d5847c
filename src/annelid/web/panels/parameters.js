import { h } from "../dom.js";

/**
 * Something that can be set for a training, as `GET api/parameters` tells it.
 * @typedef {Object} Parameter
 * @property {string} name
 * @property {string} meaning
 * @property {unknown} default
 * @property {number | null} low
 * @property {number | null} high
 * @property {string} usual
 * @property {string[]} choices
 * @property {"switch" | "number" | "text"} kind
 * @property {boolean} main
 * @property {string} group
 */

/**
 * The parameters of an engine: the few that matter, the others folded away by group. What is left empty is the engine's
 * own choice, or the recipe's.
 * @param {Parameter[]} parameters
 * @param {Record<string, unknown>} given what is filled in to begin with
 * @param {() => void} changed
 */
export function parametersPanel(parameters, given, changed) {
  const fields = parameters.map((parameter) => field(parameter, given[parameter.name], changed));
  const main = fields.filter((_, n) => parameters[n]?.main);
  const others = parameters.filter(({ main: isMain }) => !isMain);
  const groups = [...new Set(others.map(({ group }) => group))].map((group) => {
    const inside = fields.filter((_, n) => !parameters[n]?.main && parameters[n]?.group === group);
    const isOpen = others.some(({ name, group: of }) => of === group && name in given);
    return h(
      "details",
      { class: "group", open: isOpen },
      h("summary", {}, group, " ", h("span", { class: "dim small" }, `${inside.length} more`)),
      h(
        "div",
        { class: "parameters" },
        inside.map(({ element }) => element),
      ),
    );
  });
  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "parameters" },
      main.map(({ element }) => element),
    ),
    groups,
  );
  const values = () =>
    Object.fromEntries(fields.flatMap(({ name, value }) => (value() === undefined ? [] : [[name, value()]])));
  /**
   * Show what is taken where nothing is typed.
   * @param {Record<string, unknown>} used
   */
  const showUsed = (used) => fields.forEach(({ name, show }) => name in used && show(used[name]));
  return { element, values, showUsed };
}

/**
 * @param {Parameter} parameter
 * @param {unknown} given
 * @param {() => void} changed
 */
function field(parameter, given, changed) {
  const { name, meaning } = parameter;
  const id = `parameter-${name}`;
  const input = parameter.choices.length || parameter.kind === "switch" ? choice(parameter, id) : entry(parameter, id);
  if (given !== undefined && given !== null) input.value = String(given);
  input.addEventListener("change", changed);
  const hint = h("span", { class: "hint", id: `${id}-hint` }, `${meaning}${range(parameter)}`);
  const element = h("div", { class: "field", "data-parameter": name }, h("label", { for: id }, name), input, hint);
  const value = () => (input.value.trim() === "" ? undefined : read(parameter, input.value.trim()));
  const show = (/** @type {unknown} */ used) => {
    if (input instanceof HTMLInputElement)
      input.placeholder = used === null || used === "" ? "chosen for you" : String(used);
    else if (input.options[0])
      input.options[0].textContent = `as it is (${used === "" || used === null ? "chosen for you" : String(used)})`;
  };
  show(parameter.default);
  return { name, element, value, show };
}

/**
 * @param {Parameter} parameter
 * @param {string} id
 */
function choice({ kind, choices }, id) {
  const names = kind === "switch" ? ["true", "false"] : choices;
  return h(
    "select",
    { id, "aria-describedby": `${id}-hint` },
    h("option", { value: "" }, "as it is"),
    names.map((name) => h("option", { value: name }, name)),
  );
}

/**
 * @param {Parameter} parameter
 * @param {string} id
 */
function entry({ kind, low, high }, id) {
  const numeric =
    kind === "number"
      ? { type: "number", step: "any", min: low, max: high, inputmode: "decimal" }
      : { type: "text", spellcheck: "false" };
  return h("input", { id, "aria-describedby": `${id}-hint`, autocomplete: "off", ...numeric });
}

/** @param {Parameter} parameter */
function range({ usual, low, high }) {
  if (usual) return `. Usual: ${usual}.`;
  return low !== null && high !== null ? `. From ${low} to ${high}.` : ".";
}

/**
 * What was typed, as the engine takes it.
 * @param {Parameter} parameter
 * @param {string} text
 */
function read({ kind }, text) {
  if (kind === "switch") return text === "true";
  if (kind === "number" && Number.isFinite(Number(text))) return Number(text);
  return text;
}
