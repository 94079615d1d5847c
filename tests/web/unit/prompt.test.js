import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING, hintsOf, isEnough, takenBack, withBox, withPoint } from "../../../src/annelid/web/core/prompt.js";

test("a + click or a box is enough to go by, a - click is not", () => {
  assert.equal(isEnough(NOTHING), false);
  assert.equal(isEnough(withPoint(NOTHING, 3, 4, false)), false);
  assert.equal(isEnough(withPoint(NOTHING, 3, 4, true)), true);
  assert.equal(isEnough(withBox([0, 0, 5, 5])), true);
});

test("what was done last is taken back first, down to nothing", () => {
  let prompt = withPoint(withPoint(withBox([0, 0, 5, 5]), 1, 2, true), 3, 4, false);
  assert.deepEqual(prompt.points, [
    [1, 2, 1],
    [3, 4, 0],
  ]);
  prompt = takenBack(prompt);
  assert.deepEqual(prompt.points, [[1, 2, 1]]);
  prompt = takenBack(takenBack(prompt));
  assert.deepEqual(prompt, NOTHING);
});

test("a prompt is a value", () => {
  const one = withPoint(NOTHING, 1, 2, true);
  withPoint(one, 3, 4, true);
  assert.equal(one.points.length, 1);
  assert.deepEqual(NOTHING.points, []);
});

test("three objects tell how large the next may be, two do not", () => {
  const area = (/** @type {number} */ radius) => Math.PI * radius ** 2;
  assert.equal(hintsOf([area(5), area(6)]), null);
  const hints = hintsOf([area(10), area(10), area(12), 0]);
  assert.ok(hints && Math.abs(hints.radius - 10) < 1e-9);
  assert.equal(hints?.spread, 0.2);
  const even = hintsOf([area(1), area(2), area(8), area(16)]);
  assert.ok(even && Math.abs(even.radius - 4) < 1e-9);
  assert.equal(even?.spread, 0.8);
});
