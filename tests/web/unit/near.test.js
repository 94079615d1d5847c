import assert from "node:assert/strict";
import { test } from "node:test";

import { ringContains } from "../../../src/annelid/web/core/geometry.js";
import { traceNear } from "../../../src/annelid/web/core/near.js";

/**
 * @param {number[]} ring
 * @param {[number, number, number, number]} box
 */
function near(ring, box) {
  /** @type {number[]} */
  const points = [];
  const add = (/** @type {number} */ x, /** @type {number} */ y) => void points.push(x, y);
  traceNear({ moveTo: add, lineTo: add, closePath: () => {} }, ring, () => true, { scale: 1, x: 0, y: 0 }, box);
  return points;
}

/** @param {number} seed */
function random(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
}

test("within the box, what is inside of a ring stays inside, also where it crosses itself", () => {
  for (let seed = 1; seed < 60; seed++) {
    const next = random(seed * 7919);
    let [x, y] = [150, 150];
    const ring = Array.from({ length: 80 }, () => [(x += 160 * next() - 80), (y += 160 * next() - 80)]).flat();
    /** @type {[number, number, number, number]} */
    const box = [100, 100, 200, 200];
    const short = near(ring, box);
    for (let n = 0; n < 200; n++) {
      const [px, py] = [100 + 100 * next(), 100 + 100 * next()];
      assert.equal(ringContains(short, px, py), ringContains(ring, px, py));
    }
  }
});

test("a long outline that only touches the box loses most of its vertices, one within none", () => {
  const ring = Array.from({ length: 20_000 }, (_, n) => (n * 2 * Math.PI) / 20_000).flatMap((a) => [
    1000 * Math.cos(a),
    1000 * Math.sin(a),
  ]);
  assert.ok(near(ring, [900, -100, 1100, 100]).length < 0.1 * ring.length);
  assert.deepEqual(near(ring, [-1001, -1001, 1001, 1001]), ring);
});

test("vertices that are not needed are left out", () => {
  /** @type {number[]} */
  const points = [];
  const add = (/** @type {number} */ x, /** @type {number} */ y) => void points.push(x, y);
  const pen = { moveTo: add, lineTo: add, closePath: () => {} };
  traceNear(pen, [0, 0, 1, 0, 2, 0, 2, 2], (i) => i !== 1, { scale: 10, x: 5, y: 1 }, [0, 0, 50, 50]);
  assert.deepEqual(points, [5, 1, 25, 1, 25, 21]);
});
