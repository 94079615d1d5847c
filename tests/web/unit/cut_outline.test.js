import assert from "node:assert/strict";
import { test } from "node:test";
import { cutOutline } from "../../../src/annelid/web/core/cut_outline.js";
import { ellipseRing } from "../../../src/annelid/web/core/figures.js";
import { shapeArea, signedArea } from "../../../src/annelid/web/core/geometry.js";
import { random } from "./made.js";

const SQUARE = [[[0, 0, 10, 0, 10, 10, 0, 10]]];

test("a line right across gives both sides, the larger first, and leaves the other vertices where they are", () => {
  assert.deepEqual(cutOutline(SQUARE, [4, -5, 4, 15]), [
    [[[4, 0, 10, 0, 10, 10, 4, 10]]],
    [[[4, 10, 0, 10, 0, 0, 4, 0]]],
  ]);
});

test("a bent line runs along the cut of both sides", () => {
  const sides = cutOutline(SQUARE, [4, -5, 4, 5, 8, 5, 8, 20]);
  assert.ok(sides);
  assert.deepEqual(sides.map(shapeArea), [60, 40]);
});

test("a bite out of one edge is cut out, in either direction", () => {
  for (const line of [
    [2, -1, 2, 3, 6, 3, 6, -1],
    [6, -1, 6, 3, 2, 3, 2, -1],
  ]) {
    assert.deepEqual(cutOutline(SQUARE, line)?.map(shapeArea), [88, 12]);
  }
});

test("what is not simple is left to the pixels: ends inside, crossings beyond two, holes, parts", () => {
  assert.equal(cutOutline(SQUARE, [4, -5, 4, 5]), null);
  assert.equal(cutOutline(SQUARE, [20, 0, 20, 10]), null);
  assert.equal(cutOutline(SQUARE, [2, -1, 2, 11, 4, 11, 4, -1]), null);
  assert.equal(cutOutline([[SQUARE[0][0], [4, 4, 6, 4, 6, 6]]], [2, -5, 2, 15]), null);
  assert.equal(cutOutline([SQUARE[0], [[20, 0, 30, 0, 30, 10]]], [2, -5, 2, 15]), null);
});

test("nothing is lost by a cut, however it runs, and the sides turn as the outline did", () => {
  const next = random(7);
  const shape = [[ellipseRing([50, 50, 30, 20, 0.4])]];
  let cuts = 0;
  for (let n = 0; n < 200; n++) {
    const sides = cutOutline(shape, [next(100), -10, next(100), next(100), next(100), 110]);
    if (!sides) continue;
    cuts += 1;
    assert.ok(Math.abs(sides.map(shapeArea).reduce((a, b) => a + b) - shapeArea(shape)) < 1e-6);
    for (const [[ring]] of sides) assert.ok(signedArea(ring) > 0);
  }
  assert.ok(cuts > 50);
});
