import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, fillHoles, intersect, pieces, subtract, union } from "../../../src/annelid/web/core/boolean.js";
import { paint } from "../../../src/annelid/web/core/brush.js";
import { boxRing, ellipseRing } from "../../../src/annelid/web/core/figures.js";
import { shapeArea, shapeContains } from "../../../src/annelid/web/core/geometry.js";
import { blank, count, cropped, grown, shapeBitmap } from "../../../src/annelid/web/core/raster.js";
import { bitmapShape } from "../../../src/annelid/web/core/trace.js";
import { bitmapOf, random } from "./made.js";
import { within } from "./quick.js";

const BOX = [[boxRing(0, 0, 10, 10)]];
const RIGHT = [[boxRing(5, 2, 20, 8)]];
const RING = [[boxRing(0, 0, 10, 10), boxRing(3, 3, 7, 7)]];

/** @param {(limit: number) => number} chance */
function someShape(chance) {
  const data = Uint8Array.from({ length: 80 }, () => Number(chance(100) < 55));
  return bitmapShape({ x: chance(5), y: chance(5), w: 10, h: 8, data });
}

test("union, difference and intersection are those of the pixels", () => {
  const chance = random(3);
  for (let n = 0; n < 200; n++) {
    const [a, b] = [someShape(chance), someShape(chance)];
    const [all, rest, both] = [union([a, b]), subtract(a, [b]), intersect(a, b)];
    for (let x = 0.5; x < 16; x++) {
      for (let y = 0.5; y < 14; y++) {
        const [inA, inB] = [shapeContains(a, x, y), shapeContains(b, x, y)];
        assert.equal(shapeContains(all, x, y), inA || inB);
        assert.equal(shapeContains(rest, x, y), inA && !inB);
        assert.equal(shapeContains(both, x, y), inA && inB);
      }
    }
  }
});

test("what lies apart stays what it is, what is taken away wholly is empty", () => {
  assert.equal(shapeArea(union([BOX, RIGHT])), 100 + 90 - 30);
  assert.deepEqual(intersect(BOX, [[boxRing(50, 50, 60, 60)]]), []);
  assert.equal(shapeArea(subtract(BOX, [[[boxRing(50, 50, 60, 60)]][0]])), 100);
  assert.deepEqual(subtract(BOX, [BOX]), []);
  assert.deepEqual(union([]), []);
});

test("filled holes leave the outline's vertices alone; an island in a hole goes into the whole", () => {
  assert.deepEqual(fillHoles(RING), BOX);
  assert.equal(shapeArea(fillHoles([...RING, [boxRing(4, 4, 6, 6)]])), 100);
});

test("pieces are what is connected, the largest first", () => {
  const apart = [[boxRing(0, 0, 2, 2)], [boxRing(10, 0, 20, 9)]];
  assert.deepEqual(pieces(apart).map(shapeArea), [90, 4]);
  assert.equal(pieces([...BOX, ...RIGHT]).length, 1);
});

test("a cut makes two of one and loses no pixel", () => {
  const disk = [[ellipseRing([30, 30, 20, 14, 0.4])]];
  const whole = count(shapeBitmap(disk));
  for (const line of [
    [5, 28, 60, 33],
    [30, 0, 30, 60],
    [0, 0, 28, 30, 60, 5],
  ]) {
    const two = cut(disk, line);
    assert.equal(two.length, 2);
    assert.equal(
      two.reduce((sum, shape) => sum + shapeArea(shape), 0),
      whole,
    );
    assert.deepEqual(intersect(two[0], two[1]), []);
  }
});

test("a line that does not go through divides nothing", () => {
  assert.deepEqual(cut(BOX, [2, 2, 5, 5]), [BOX]);
  assert.deepEqual(cut(BOX, [-5, 20, 30, 20]), [BOX]);
  assert.deepEqual(cut(RING, [-5, 5, 5, 5]), [RING]);
});

test("a line through a ring makes two halves", () => {
  assert.equal(cut(RING, [-5, 5.5, 15, 5.5]).length, 2);
});

test("the brush paints what its circle covers, and leaves no gap on the way", () => {
  const dot = paint(blank({ x: 0, y: 0, w: 0, h: 0 }), 10, 10, 10, 10, 5);
  assert.ok(Math.abs(count(dot) - Math.PI * 25) < 6);
  const line = paint(dot, 10, 10, 60, 40, 5);
  assert.equal(bitmapShape(line).length, 1);
  for (let n = 0; n <= 20; n++) assert.ok(shapeContains(bitmapShape(line), 10 + 2.5 * n, 10 + 1.5 * n));
  const length = Math.hypot(50, 30);
  assert.ok(Math.abs(count(line) - (Math.PI * 25 + 10 * length)) < 12);
});

test("every pixel of a stroke is as near to its line as the brush is wide", () => {
  const chance = random(9);
  for (let n = 0; n < 40; n++) {
    const [x0, y0, x1, y1] = [chance(300) / 10, chance(300) / 10, chance(300) / 10, chance(300) / 10];
    const radius = 1 + chance(60) / 10;
    const bitmap = paint(blank({ x: -10, y: -10, w: 50, h: 50 }), x0, y0, x1, y1, radius);
    bitmap.data.forEach((value, i) => {
      const [x, y] = [bitmap.x + (i % bitmap.w) + 0.5, bitmap.y + Math.floor(i / bitmap.w) + 0.5];
      const t = Math.min(
        1,
        Math.max(0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1)),
      );
      const distance = Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
      if (Math.abs(distance - radius) > 1e-9) assert.equal(value === 1, distance < radius);
    });
  }
});

test("the thinnest brush paints the pixels under it", () => {
  const bitmap = paint(blank({ x: 0, y: 0, w: 0, h: 0 }), 3.1, 3.1, 8.9, 3.1, 0.2);
  assert.deepEqual(bitmapShape(bitmap), [[[9, 3, 9, 4, 3, 4, 3, 3]]]);
});

test("rubbing out makes holes and parts, and needs no more room", () => {
  const bitmap = shapeBitmap([[boxRing(0, 0, 40, 40)]]);
  assert.equal(paint(bitmap, 20, 20, 20, 20, 6, 0), bitmap);
  assert.equal(bitmapShape(bitmap)[0].length, 2);
  paint(bitmap, 20, -5, 20, 50, 2, 0);
  assert.equal(bitmapShape(bitmap).length, 2);
});

test("a bitmap that grows keeps its pixels where they are", () => {
  const small = bitmapOf(["#.", "##"], 4, 5);
  const large = grown(small, { x: -3, y: 2, w: 4, h: 4 });
  assert.deepEqual(bitmapShape(large), bitmapShape(small));
  assert.deepEqual(cropped(large, small), small);
  assert.equal(grown(large, small), large);
});

test("an object of 2,000 x 2,000 pixels is united, cut and traced in the blink of an eye", () => {
  const large = [[ellipseRing([1000, 1000, 999, 990, 0], 400)]];
  const other = [[ellipseRing([1300, 900, 300, 600, 0.3], 200)]];
  subtract(large, [other]);
  const result = within(250, () => subtract(large, [other])); // 15 ms on a quiet machine
  assert.ok(result.length);
});
