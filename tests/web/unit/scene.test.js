import assert from "node:assert/strict";
import { test } from "node:test";

import { piecesOf, Scene } from "../../../src/annelid/web/view/scene.js";

/**
 * @param {string} id
 * @param {number} x
 * @param {number} y
 */
function square(id, x, y) {
  const ring = [x, y, x + 10, y, x + 10, y + 10, x, y + 10];
  return /** @type {import("../../../src/annelid/web/types.js").ImageObject} */ ({
    id,
    kind: "polygon",
    shape: [[ring]],
  });
}

const ids = (/** @type {import("../../../src/annelid/web/view/scene.js").Entry[]} */ entries) =>
  entries.map(({ object }) => object.id);

test("what meets a box is found in the order in which it is drawn", () => {
  const scene = new Scene([square("b", 0, 0), square("a", 5, 5), square("far", 500, 500)]);
  assert.deepEqual(ids(scene.query([0, 0, 20, 20])), ["b", "a"]);
});

test("an object that moved is found where it is now, in its old place in the order", () => {
  const scene = new Scene([square("b", 0, 0), square("a", 400, 400)]);
  scene.put(square("b", 402, 402));
  assert.deepEqual(ids(scene.query([0, 0, 20, 20])), []);
  assert.deepEqual(ids(scene.query([400, 400, 420, 420])), ["b", "a"]);
});

test("an object that comes back takes its old place", () => {
  const scene = new Scene([square("b", 0, 0), square("a", 0, 0)]);
  scene.remove("b");
  assert.deepEqual(ids(scene.query([0, 0, 5, 5])), ["a"]);
  scene.put(square("b", 0, 0));
  assert.deepEqual(ids(scene.query([0, 0, 5, 5])), ["b", "a"]);
});

test("an object without a vertex is nowhere, and its old outline is gone", () => {
  const scene = new Scene([square("a", 0, 0)]);
  scene.put({ ...square("a", 0, 0), shape: [] });
  assert.equal(scene.size, 0);
  assert.deepEqual(scene.query([-100, -100, 100, 100]), []);
});

test("each part of an object is a piece, with its holes", () => {
  const hole = [2, 2, 4, 2, 4, 4];
  const shape = [[...square("a", 0, 0).shape[0], hole], ...square("a", 50, 0).shape];
  const scene = new Scene([{ ...square("a", 0, 0), shape }]);
  const pieces = piecesOf(/** @type {import("../../../src/annelid/web/view/scene.js").Entry} */ (scene.get("a")));
  assert.deepEqual(
    pieces.map(({ rings }) => rings.length),
    [2, 1],
  );
  assert.deepEqual(
    pieces.map(({ box }) => box),
    [
      [0, 0, 10, 10],
      [50, 0, 60, 10],
    ],
  );
});
