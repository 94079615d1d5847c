import assert from "node:assert/strict";
import { test } from "node:test";

import { shapeArea, signedArea } from "../../../src/annelid/web/core/geometry.js";
import { count, shapeBitmap } from "../../../src/annelid/web/core/raster.js";
import { bitmapShape } from "../../../src/annelid/web/core/trace.js";
import { bitmapOf, random } from "./made.js";

test("one pixel is a square", () => {
  assert.deepEqual(bitmapShape(bitmapOf(["#"], 3, 4)), [[[4, 4, 4, 5, 3, 5, 3, 4]]]);
});

test("a hole is a ring of its own, an island in it a part", () => {
  const shape = bitmapShape(bitmapOf(["#####", "#...#", "#.#.#", "#...#", "#####"]));
  assert.deepEqual(
    shape.map((part) => part.length),
    [2, 1],
  );
});

test("pixels that touch at a corner are parts", () => {
  assert.equal(bitmapShape(bitmapOf(["#.#", ".#.", "#.#"])).length, 5);
});

test("a pocket that closes at a corner becomes a hole", () => {
  assert.deepEqual(
    bitmapShape(bitmapOf(["###", "#.#", "##."])).map((part) => part.length),
    [2],
  );
});

test("any bitmap comes back from its shape", () => {
  const chance = random(5);
  for (let n = 0; n < 500; n++) {
    const [w, h] = [1 + chance(12), 1 + chance(12)];
    const data = Uint8Array.from({ length: w * h }, () => Number(chance(100) < 20 + (n % 60)));
    const bitmap = { x: chance(9) - 4, y: chance(9) - 4, w, h, data };
    const shape = bitmapShape(bitmap);
    assert.deepEqual(shapeBitmap(shape, bitmap), bitmap);
    assert.equal(shapeArea(shape), count(bitmap));
    for (const [outline, ...holes] of shape) {
      assert.ok(signedArea(outline) > 0);
      assert.ok(holes.every((hole) => signedArea(hole) < 0));
    }
  }
});
