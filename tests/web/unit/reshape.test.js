import assert from "node:assert/strict";
import { test } from "node:test";
import { rotatedBoxRing } from "../../../src/annelid/web/core/figures.js";
import { shapeArea } from "../../../src/annelid/web/core/geometry.js";
import {
  moved,
  rotatedBoxOn,
  spaced,
  withVertexAfter,
  withoutVertices,
} from "../../../src/annelid/web/core/reshape.js";
import { square } from "./made.js";

const at = (/** @type {number} */ index, part = 0, ring = 0) => ({ part, ring, index });
const HOLED = [
  [
    [0, 0, 20, 0, 20, 20, 0, 20],
    [5, 5, 10, 5, 5, 10],
  ],
];

test("what is moved keeps its kind, its params go along", () => {
  const ellipse = square("one", 0, { kind: "ellipse", params: [5, 5, 4, 3, 0.2] });
  const there = moved(ellipse, 2, -1);
  assert.equal(there.kind, "ellipse");
  assert.deepEqual(there.params, [7, 4, 4, 3, 0.2]);
  assert.deepEqual(there.shape, [[[2, -1, 12, -1, 12, 9, 2, 9]]]);
  assert.equal(moved(square("two"), 1, 1).params, null);
});

test("a vertex is put behind the one where its edge begins, also on the edge that closes the ring", () => {
  const one = square("one");
  assert.deepEqual(withVertexAfter(one, at(1), 10, 5).shape, [[[0, 0, 10, 0, 10, 5, 10, 10, 0, 10]]]);
  assert.deepEqual(withVertexAfter(one, at(3), 0, 5).shape, [[[0, 0, 10, 0, 10, 10, 0, 10, 0, 5]]]);
});

test("a box that loses a vertex is a polygon", () => {
  const changed = withoutVertices(square("one", 0, { kind: "box" }), [at(2)]);
  assert.equal(changed?.kind, "polygon");
  assert.deepEqual(changed?.shape, [[[0, 0, 10, 0, 0, 10]]]);
});

test("a hole with two vertices goes, a part goes with its outline, nothing is left of the last one", () => {
  const one = square("one", 0, { shape: HOLED });
  assert.deepEqual(withoutVertices(one, [at(0, 0, 1)])?.shape, [[HOLED[0][0]]]);
  assert.equal(withoutVertices(one, [at(0), at(1)]), null);
  const two = square("two", 0, { shape: [...HOLED, [[30, 0, 40, 0, 40, 10]]] });
  assert.deepEqual(withoutVertices(two, [at(0), at(1)])?.shape, [[[30, 0, 40, 0, 40, 10]]]);
});

test("a rotated box lies on its edge and reaches to the third point, on either side", () => {
  for (const side of [3, -3]) {
    const params = rotatedBoxOn([0, 0], [8, 6], [-0.6 * side, 0.8 * side]);
    assert.ok(Math.abs(params[2] - 10) < 1e-9 && Math.abs(params[3] - 3) < 1e-9);
    assert.ok(Math.abs(shapeArea([[rotatedBoxRing(params)]]) - 30) < 1e-9);
    const ring = rotatedBoxRing(params);
    const corners = [0, 2, 4, 6].map((i) => [ring[i], ring[i + 1]]);
    for (const [x, y] of [
      [0, 0],
      [8, 6],
    ]) {
      assert.ok(corners.some((corner) => Math.hypot(corner[0] - x, corner[1] - y) < 1e-9));
    }
  }
});

test("vertices that hardly differ from the one before are left out", () => {
  assert.deepEqual(spaced([0, 0, 0.5, 0, 3, 0, 3, 0.2, 3, 3], 1), [0, 0, 3, 0, 3, 3]);
  assert.deepEqual(spaced([], 1), []);
});
