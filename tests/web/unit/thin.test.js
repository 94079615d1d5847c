import assert from "node:assert/strict";
import { test } from "node:test";

import { importance } from "../../../src/annelid/web/core/thin.js";
import { within } from "./quick.js";

/** @param {number} n */
function wobblyCircle(n) {
  const ring = [];
  for (let i = 0; i < n; i++) {
    const angle = (2 * Math.PI * i) / n;
    const radius = 100 + 3 * Math.sin(17 * angle) + Math.sin(71 * angle);
    ring.push(200 + radius * Math.cos(angle), 150 + radius * Math.sin(angle));
  }
  return ring;
}

/** @param {number[]} ring @param {number} tolerance */
function thinned(ring, tolerance) {
  const needed = importance(ring);
  return ring.filter((_, k) => needed[k >> 1] > tolerance);
}

/** @param {number[]} ring @param {number} x @param {number} y */
function distance(ring, x, y) {
  let least = Infinity;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [ax, ay, dx, dy] = [ring[j], ring[j + 1], ring[i] - ring[j], ring[i + 1] - ring[j + 1]];
    const t = Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1), 0), 1);
    least = Math.min(least, Math.hypot(x - ax - t * dx, y - ay - t * dy));
  }
  return least;
}

for (const n of [3, 50, 700, 5000]) {
  test(`no vertex of ${n} that is left out lies farther than the tolerance from what stays`, () => {
    const ring = wobblyCircle(n);
    for (const tolerance of [0.1, 1, 5, 40]) {
      const kept = thinned(ring, tolerance);
      for (let i = 0; i < ring.length; i += 2) assert.ok(distance(kept, ring[i], ring[i + 1]) <= tolerance * 1.0001);
    }
  });
}

test("a coarser outline is a part of a finer one", () => {
  const ring = wobblyCircle(400);
  const counts = [0, 0.5, 1, 2, 8].map((tolerance) => thinned(ring, tolerance).length);
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => b - a),
  );
  assert.ok(counts[4] < counts[0] / 10);
});

test("vertices on a straight edge are needed at no scale", () => {
  assert.deepEqual(thinned([0, 0, 5, 0, 10, 0, 10, 5, 10, 10, 0, 10], 0), [0, 0, 10, 0, 10, 10, 0, 10]);
});

test("rings of no, one, two and equal vertices are measured", () => {
  assert.equal(importance([]).length, 0);
  assert.deepEqual([...importance([3, 4])], [Infinity]);
  assert.deepEqual([...importance([3, 4, 5, 6])], [Infinity, Infinity]);
  assert.deepEqual([...importance([1, 1, 1, 1, 1, 1])], [Infinity, 0, 0]);
});

test("an outline of 200,000 vertices is measured in well under a second", () => {
  const ring = wobblyCircle(200_000);
  within(1000, () => importance(ring));
});
