import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERYTHING, areaText, listedObjects } from "../../../src/annelid/web/core/object_list.js";
import { inReadingOrder } from "../../../src/annelid/web/core/order.js";
import { square } from "./made.js";

const OBJECTS = [
  square("c", 200, { label: "cell 10", score: 0.9, author: "model:m" }),
  square("a", 0, { label: "cell 2" }),
  square("b", 100, { label: "cell 2", score: 0.3, author: "model:m", shape: [[[100, 0, 130, 0, 130, 30, 100, 30]]] }),
];
const KNOWN = {
  isProposal: (/** @type {{author: string}} */ { author }) => author === "model:m",
  hidden: new Set(["a"]),
  locked: new Set(),
};
const ids = (/** @type {Partial<import("../../../src/annelid/web/core/object_list.js").Wish>} */ wish) =>
  listedObjects(OBJECTS, { ...EVERYTHING, ...wish }, KNOWN).map(({ id }) => id);

test("objects are listed as they lie, by class in the order of people, by score, by size, newest first", () => {
  assert.deepEqual(ids({}), ["a", "c", "b"]);
  assert.deepEqual(ids({ sorting: "class" }), ["a", "b", "c"]);
  assert.deepEqual(ids({ sorting: "score" }), ["b", "c", "a"]);
  assert.deepEqual(ids({ sorting: "area", isReversed: true })[0], "b");
  assert.deepEqual(ids({ sorting: "newest" }), ["b", "a", "c"]);
});

test("filters by class, state, score and size hold together", () => {
  assert.deepEqual(ids({ label: "cell 2" }), ["a", "b"]);
  assert.deepEqual(ids({ status: "proposals" }), ["c", "b"]);
  assert.deepEqual(ids({ status: "proposals", least: 0.5 }), ["c"]);
  assert.deepEqual(ids({ least: 0 }), ["c", "b"], "what has no score is above none");
  assert.deepEqual(ids({ small: 101 }), ["b"]);
  assert.deepEqual(ids({ large: 100 }), ["a", "c"]);
  assert.deepEqual(ids({ status: "hidden" }), ["a"]);
  assert.deepEqual(ids({ status: "own" }), ["a"]);
});

test("the list does not change the objects that it is given", () => {
  const before = [...OBJECTS];
  listedObjects(OBJECTS, { ...EVERYTHING, sorting: "newest" }, KNOWN);
  assert.deepEqual(OBJECTS, before);
});

test("reading order goes line by line", () => {
  const object = (/** @type {string} */ id, /** @type {number} */ x, /** @type {number} */ y) =>
    square(id, 0, { shape: [[[x, y, x + 10, y, x + 10, y + 10]]] });
  const objects = [object("third", 0, 500), object("second", 300, 4), object("first", 10, 0)];
  assert.deepEqual(inReadingOrder(objects), ["first", "second", "third"]);
  assert.deepEqual(inReadingOrder([]), []);
});

test("areas are in square micrometres where the size of a pixel is known", () => {
  assert.equal(areaText(120.4, null), "120 px²");
  assert.equal(areaText(400, 0.5), "100 µm²");
  assert.equal(areaText(10, 0.5), "2.50 µm²");
});
