import { equal } from "./equal.js";

/** @typedef {import("../types.js").Change} Change */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").State} State */

/**
 * What an annotation is at a moment, without its name and number.
 * @typedef {Object} Content
 * @property {ReadonlyMap<string, ImageObject>} objects
 * @property {Ring[]} covered
 * @property {State} state
 */

/** What stands for covered areas and state among ids of objects, as in what the server says of a conflict. */
export const COVERED = "(covered areas)";
export const STATE = "(state)";

const LONGEST_MESSAGE = 200;

/**
 * Whether a change changes nothing.
 * @param {Change} change
 */
export function isEmpty(change) {
  return !change.upsert.length && !change.removed.length && change.covered === undefined && change.state === undefined;
}

/**
 * The ids of all objects that a change touches.
 * @param {Change} change
 * @returns {string[]}
 */
export function touched(change) {
  return [...change.upsert.map((object) => object.id), ...change.removed];
}

/**
 * What of a change is one: each id once (the last wins, being put wins over being removed), nothing that is so already.
 * @param {Content} content
 * @param {Partial<Change>} change
 * @returns {Change}
 */
export function normalised(content, change) {
  const put = new Map((change.upsert ?? []).map((object) => [object.id, object]));
  const removed = new Set(change.removed ?? []);
  /** @type {Change} */
  const result = {
    upsert: [...put.values()].filter((object) => !equal(content.objects.get(object.id), object)),
    removed: [...removed].filter((id) => content.objects.has(id) && !put.has(id)),
  };
  if (change.covered && !equal(change.covered, content.covered)) result.covered = change.covered;
  if (change.state && change.state !== content.state) result.state = change.state;
  if (change.message) result.message = change.message;
  return result;
}

/**
 * What takes a normalised change back.
 * @param {Content} content before the change
 * @param {Change} change
 * @returns {Change}
 */
export function inverseOf(content, change) {
  const before = touched(change).map((id) => content.objects.get(id));
  /** @type {Change} */
  const inverse = {
    upsert: before.filter((object) => object !== undefined),
    removed: change.upsert.map((object) => object.id).filter((id) => !content.objects.has(id)),
  };
  if (change.covered) inverse.covered = content.covered;
  if (change.state) inverse.state = content.state;
  return inverse;
}

/**
 * Two changes, one after the other, as one.
 * @param {Change} first
 * @param {Change} second
 * @returns {Change}
 */
export function joined(first, second) {
  const put = new Map(first.upsert.map((object) => [object.id, object]));
  const removed = new Set([...first.removed, ...second.removed]);
  for (const id of second.removed) put.delete(id);
  for (const object of second.upsert) put.set(object.id, object);
  for (const id of put.keys()) removed.delete(id);
  /** @type {Change} */
  const both = { upsert: [...put.values()], removed: [...removed] };
  const covered = second.covered ?? first.covered;
  const state = second.state ?? first.state;
  const message = joinedMessage(first.message, second.message);
  if (covered) both.covered = covered;
  if (state) both.state = state;
  if (message) both.message = message;
  return both;
}

/**
 * The part of a change that touches these objects, or that does not.
 * @param {Change} change
 * @param {(id: string) => boolean} isKept
 * @returns {Change}
 */
export function only(change, isKept) {
  return {
    ...change,
    upsert: change.upsert.filter((object) => isKept(object.id)),
    removed: change.removed.filter(isKept),
  };
}

/**
 * @param {string | undefined} first
 * @param {string | undefined} second
 */
function joinedMessage(first, second) {
  const said = [...new Set([...(first ?? "").split("; "), ...(second ?? "").split("; ")])].filter(Boolean).join("; ");
  return said.length > LONGEST_MESSAGE ? `${said.slice(0, LONGEST_MESSAGE - 1)}…` : said;
}
