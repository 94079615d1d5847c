import assert from "node:assert/strict";
import { test } from "node:test";

import { crossesItself, ringCrossesItself } from "../../../src/annelid/web/core/crossing.js";
import { boxRing, ellipseRing } from "../../../src/annelid/web/core/figures.js";
import {
  areasContain,
  distanceToOutline,
  shapeArea,
  shapeBox,
  shapeCentre,
  shapeContains,
  signedArea,
} from "../../../src/annelid/web/core/geometry.js";
import { Grid } from "../../../src/annelid/web/core/grid.js";
import { newId } from "../../../src/annelid/web/core/ids.js";
import { nearestEdge } from "../../../src/annelid/web/core/nearest.js";
import { simplifyRing, simplifyShape } from "../../../src/annelid/web/core/simplify.js";
import { random } from "./made.js";
import { within } from "./quick.js";

const RING = [[boxRing(0, 0, 10, 10), boxRing(3, 3, 7, 7).reverse()]];

test("areas take holes off; the way round does not matter", () => {
  assert.equal(shapeArea(RING), 84);
  assert.equal(signedArea(boxRing(0, 0, 2, 3)), 6);
  assert.equal(signedArea([0, 0, 1, 1]), 0);
  assert.equal(shapeArea([]), 0);
});

test("the box is that of the outlines; without vertices there is none", () => {
  assert.deepEqual(shapeBox([...RING, [[20, 5]]]), [0, 0, 20, 10]);
  assert.deepEqual(shapeCentre(RING), [5, 5]);
  assert.equal(shapeBox([]), null);
});

test("a hole is outside, an overlap of two parts inside", () => {
  assert.ok(shapeContains(RING, 1, 1));
  assert.ok(!shapeContains(RING, 5, 5));
  assert.ok(shapeContains([[boxRing(0, 0, 4, 4)], [boxRing(2, 2, 6, 6)]], 3, 3));
  assert.ok(!shapeContains([], 0, 0));
});

test("the border of a covered area belongs to it", () => {
  assert.ok(areasContain([boxRing(0, 0, 4, 4)], 4, 4));
  assert.ok(!areasContain([boxRing(0, 0, 4, 4)], 4.01, 4));
});

test("the nearest outline may be that of a hole", () => {
  assert.equal(distanceToOutline(RING, 5, 6), 1);
  assert.equal(distanceToOutline(RING, -3, -4), 5);
  assert.equal(distanceToOutline([], 0, 0), Infinity);
});

test("the nearest edge is told with its place", () => {
  assert.deepEqual(nearestEdge(RING, 11, 4), { part: 0, ring: 0, index: 1, x: 10, y: 4, distance: 1 });
  assert.equal(nearestEdge([], 1, 1), null);
});

test("a polygon through an ellipse has the ellipse's area", () => {
  assert.ok(Math.abs(signedArea(ellipseRing([5, 5, 7, 3, 1])) - Math.PI * 21) < 1e-9);
});

test("a bow-tie, a spike and a hole that sticks out cross themselves, plain outlines do not", () => {
  assert.ok(ringCrossesItself([0, 0, 10, 10, 10, 0, 0, 10]));
  assert.ok(ringCrossesItself([0, 0, 10, 0, 5, 0, 5, 5]));
  assert.ok(crossesItself([[boxRing(0, 0, 10, 10), boxRing(5, 5, 15, 8)]]));
  assert.ok(crossesItself([[boxRing(0, 0, 10, 10), boxRing(20, 20, 25, 28)]]));
  assert.ok(!crossesItself(RING));
  assert.ok(!ringCrossesItself(ellipseRing([50, 50, 30, 20, 0.3], 1000)));
});

test("a simplified outline is near the old one, has fewer vertices and does not cross itself", () => {
  const chance = random(4);
  for (let n = 0; n < 30; n++) {
    const ring = ellipseRing([50, 50, 30, 20, 0.3], 300).map((v) => v + chance(100) / 250);
    if (ringCrossesItself(ring)) continue;
    const thin = simplifyRing(ring, 0.75);
    assert.ok(thin.length < ring.length / 4);
    assert.ok(!ringCrossesItself(thin));
    for (let i = 0; i < ring.length; i += 2)
      assert.ok(distanceToOutline([[thin]], ring[i], ring[i + 1]) <= 0.75 + 1e-4);
  }
});

test("three vertices stay, however small the outline; a hole of nothing goes", () => {
  assert.equal(simplifyRing([0, 0, 9, 0, 9.1, 3, 9, 6, 0, 6.2], 100).length, 6);
  assert.deepEqual(simplifyShape([[boxRing(0, 0, 50, 50), [5, 5, 6, 6, 7, 7]]], 0.5), [[boxRing(0, 0, 50, 50)]]);
});

test("the grid finds what a plain search finds, through all changes", () => {
  const chance = random(8);
  const grid = new Grid(16);
  /** @type {Map<string, [number, number, number, number]>} */
  const boxes = new Map();
  const box = () => {
    const [x, y, size] = [chance(400) - 100, chance(400) - 100, chance(10) ? 20 : 900];
    return /** @type {[number, number, number, number]} */ ([x, y, x + chance(size), y + chance(size)]);
  };
  for (let n = 0; n < 2000; n++) {
    const id = `o${chance(300)}`;
    if (chance(3)) boxes.set(id, box());
    else boxes.delete(id);
    const own = boxes.get(id);
    if (own) grid.insert(id, own);
    else grid.remove(id);
    const [x1, y1, x2, y2] = box();
    const plain = [...boxes]
      .filter(([, b]) => b[0] <= x2 && x1 <= b[2] && b[1] <= y2 && y1 <= b[3])
      .map(([key]) => key);
    assert.deepEqual(grid.query([x1, y1, x2, y2]).sort(), plain.sort());
  }
  assert.equal(grid.size, boxes.size);
});

test("50,000 boxes are asked for what lies under the pointer in no time", () => {
  const grid = new Grid();
  for (let n = 0; n < 50_000; n++) grid.insert(`o${n}`, [n % 5000, n / 10, (n % 5000) + 20, n / 10 + 20]);
  within(500, () => {
    for (let n = 0; n < 1000; n++) grid.hit(n * 5, n * 5);
  });
});

test("ids are 32 hexadecimal digits and never the same", () => {
  const ids = Array.from({ length: 100 }, newId);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.equal(new Set(ids).size, 100);
});
