/** @typedef {import("../types.js").ViewSummary} ViewSummary */

/**
 * What of the images is shown, and in which order. "" shows all.
 * @typedef {Object} Wanted
 * @property {string} text words that the name, path or group has
 * @property {string} state `new`, `draft`, `reviewed`, or `open`: with proposals that nobody looked at
 * @property {string} label class that is on the image
 * @property {string} part `train`, `val`, `test`, or `none`
 * @property {string} group
 * @property {Order} order
 */

/** @typedef {"name" | "uncertain" | "changed" | "objects" | "proposals"} Order */

/** @type {Readonly<Wanted>} */
export const EVERYTHING = { text: "", state: "", label: "", part: "", group: "", order: "name" };

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * The images that are wanted, in the order that is wanted.
 * @param {ViewSummary[]} views
 * @param {Wanted} wanted
 * @returns {ViewSummary[]}
 */
export function chosen(views, wanted) {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return views.filter((view) => fits(view, wanted, words)).sort(ORDERS[wanted.order]);
}

/**
 * @param {ViewSummary} view
 * @param {Wanted} wanted
 * @param {string[]} words
 */
function fits(view, wanted, words) {
  if (wanted.state === "open" ? !view.proposals : wanted.state && view.state !== wanted.state) return false;
  if (wanted.label && !view.counts[wanted.label]) return false;
  if (wanted.part && view.part !== (wanted.part === "none" ? "" : wanted.part)) return false;
  if (wanted.group && view.group !== wanted.group) return false;
  const text = words.length ? `${view.path} ${view.name} ${view.group}`.toLowerCase() : "";
  return words.every((word) => text.includes(word));
}

/** @type {Record<Order, (a: ViewSummary, b: ViewSummary) => number>} */
const ORDERS = {
  name: byName,
  uncertain: (a, b) => (a.certainty ?? Infinity) - (b.certainty ?? Infinity) || byName(a, b),
  changed: (a, b) => (b.changed ?? "").localeCompare(a.changed ?? "") || b.revision - a.revision || byName(a, b),
  objects: (a, b) => b.n_objects - a.n_objects || byName(a, b),
  proposals: (a, b) => b.proposals - a.proposals || byName(a, b),
};

/**
 * @param {ViewSummary} a
 * @param {ViewSummary} b
 */
function byName(a, b) {
  return (
    collator.compare(a.path, b.path) || a.plane.scene - b.plane.scene || a.plane.t - b.plane.t || a.plane.z - b.plane.z
  );
}

/**
 * The images in the order of a list that one came from, then those that came since, where the list has the one that
 * is open; else all by name.
 * @param {ViewSummary[]} views
 * @param {string[]} list ids
 * @param {string[]} unlisted ids of what filters left out of the list
 * @param {string} open id
 * @returns {ViewSummary[]}
 */
export function inOrderOf(views, list, unlisted, open) {
  if (!list.includes(open)) return [...views].sort(byName);
  const known = new Map(views.map((view) => [view.id, view]));
  const before = new Set([...list, ...unlisted]);
  const came = views.filter(({ id }) => !before.has(id)).sort(byName);
  return [...list.map((id) => known.get(id)).filter((view) => view !== undefined), ...came];
}

/**
 * How far the project is.
 * @param {ViewSummary[]} views
 */
export function progress(views) {
  const told = { images: views.length, reviewed: 0, draft: 0, objects: 0, proposals: 0 };
  for (const view of views) {
    told.reviewed += view.state === "reviewed" ? 1 : 0;
    told.draft += view.state === "draft" ? 1 : 0;
    told.objects += view.n_objects;
    told.proposals += view.proposals;
  }
  return told;
}

/**
 * What the filters can be set to.
 * @param {ViewSummary[]} views
 */
export function choices(views) {
  const several = (/** @type {string[]} */ values) => [...new Set(values)].filter(Boolean).sort(collator.compare);
  return { groups: several(views.map((view) => view.group)), parts: several(views.map((view) => view.part)) };
}

/**
 * Of images whose names are equal, the folder that tells them apart: path -> folder.
 * @param {ViewSummary[]} views
 * @returns {Map<string, string>}
 */
export function folders(views) {
  /** @type {Map<string, Set<string>>} */
  const paths = new Map();
  for (const { name, path } of views) paths.set(name, (paths.get(name) ?? new Set()).add(path));
  const several = [...paths.values()].filter((same) => same.size > 1);
  return new Map(several.flatMap((same) => apart([...same])));
}

/**
 * @param {string[]} paths that end in the same name
 * @returns {[string, string][]}
 */
function apart(paths) {
  const parts = paths.map((path) => path.split("/").reverse());
  let depth = 1;
  while (parts.every((of) => of[depth] !== undefined && of[depth] === parts[0]?.[depth])) depth += 1;
  return paths.map((path, index) => [path, parts[index]?.[depth] ?? ""]);
}

/**
 * What tells a view from others of its file, or "".
 * @param {ViewSummary} view
 */
export function planeOf(view) {
  const { t, z, scene, projection } = view.plane;
  const [times, depths] = view.planes;
  const parts = [
    scene ? `scene ${scene}` : "",
    times > 1 ? `t ${t}` : "",
    projection ? `${projection} of z` : depths > 1 ? `z ${z}` : "",
  ];
  return parts.filter(Boolean).join(", ");
}
