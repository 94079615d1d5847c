/**
 * Where the page is.
 * @typedef {Object} Route
 * @property {string} page name of the module in `pages/`
 * @property {string} argument what the page shows, `ID` or `ID?run=NAME`; "" where nothing is named
 */

/** The first part of a hash -> the page that shows it. */
const PAGES = new Map([
  ["images", "images"],
  ["import", "import"],
  ["preprocessing", "preprocessing"],
  ["export", "export"],
  ["annotate", "annotate"],
  ["train", "train"],
  ["runs", "run"],
  ["models", "models"],
]);

/**
 * What a hash such as `#/annotate/ID?run=NAME` stands for; null for one that stands for nothing.
 * @param {string} hash
 * @returns {Route | null}
 */
export function routeOf(hash) {
  const [, first, rest] = /^#?\/?([^/?]*)\/?(.*)$/.exec(hash) ?? ["", "", ""];
  const page = PAGES.get(first || "images");
  if (!page) return null;
  if (page === "run" && !rest) return { page: "train", argument: "" };
  const [path, ...query] = rest.split("?");
  return { page, argument: [decoded(path ?? ""), ...query].join("?") };
}

/**
 * The hash of a page.
 * @param {string} first such as `annotate`
 * @param {string} [argument] such as the id of a view
 */
export function hashOf(first, argument = "") {
  return argument ? `#/${first}/${encodeURIComponent(argument)}` : `#/${first}`;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray per cent sign
  }
}
