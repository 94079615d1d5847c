// What an advised command would do here: the page does it with a button.

/**
 * @typedef {Object} Deed
 * @property {"train" | "evaluate" | "propose" | "check" | "predict"} verb
 * @property {string} model
 * @property {Record<string, string>} params
 */

const OPTIONS = ["model", "engine", "name"];

/**
 * The words of a command line, quotes taken off.
 * @param {string} command
 */
export function wordsOf(command) {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/**
 * What a command asks for, where a page can do it; else null.
 * @param {string} command such as `annelid train --model cells@v1 imgsz=640`
 * @returns {Deed | null}
 */
export function deedOf(command) {
  const [program, verb, ...rest] = wordsOf(command);
  if (program !== "annelid" || !/^(train|evaluate|propose|check|predict)$/.test(verb ?? "")) return null;
  const { options, places } = parsed(rest);
  const { model = "", ...params } = options;
  const first = verb === "train" || verb === "propose" || verb === "check" ? model : (places[0] ?? "");
  if ("data" in params || "fix" in params) return null;
  return {
    verb: /** @type {Deed["verb"]} */ (verb),
    model: first,
    params: verb === "train" || verb === "propose" ? params : {},
  };
}

/** @param {string[]} words */
function parsed(words) {
  /** @type {Record<string, string>} */
  const options = {};
  /** @type {string[]} */
  const places = [];
  for (let n = 0; n < words.length; n += 1) {
    const word = words[n] ?? "";
    const [name = "", value] = word.replace(/^--/, "").split(/=(.*)/s);
    if (value !== undefined) options[name.replaceAll("-", "_")] = value;
    else if (word.startsWith("--")) options[name.replaceAll("-", "_")] = words[++n] ?? "";
    else places.push(word);
  }
  return { options, places };
}

/**
 * The address of the page that starts a training with these parameters filled in.
 * @param {Deed} deed
 */
export function trainHash({ model, params }) {
  const query = new URLSearchParams({ ...(model ? { model } : {}), ...params }).toString();
  return query ? `#/train?${query}` : "#/train";
}

/**
 * What such an address asks for.
 * @param {string} argument of the page: `?model=..&epochs=..`
 * @returns {{options: Record<string, string>, params: Record<string, string>}}
 */
export function wishesOf(argument) {
  const entries = [...new URLSearchParams(argument.split("?")[1] ?? "")];
  return {
    options: Object.fromEntries(entries.filter(([name]) => OPTIONS.includes(name))),
    params: Object.fromEntries(entries.filter(([name]) => !OPTIONS.includes(name))),
  };
}
