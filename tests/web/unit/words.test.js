import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, bytes, counted, listed } from "../../../src/annelid/web/core/words.js";

test("one thing is singular, others are plural, thousands stand apart", () => {
  assert.equal(counted(1, "image"), "1 image");
  assert.equal(counted(0, "image"), "0 images");
  assert.equal(counted(1204, "object"), "1,204 objects");
  assert.equal(counted(2, "nucleus", "nuclei"), "2 nuclei");
});

test("sizes have a unit that fits", () => {
  assert.deepEqual([0, 812, 999, 1000, 3_440_000, 999_600, 12e9, 5e15].map(bytes), [
    "0 bytes",
    "812 bytes",
    "999 bytes",
    "1.0 kB",
    "3.4 MB",
    "1.0 MB",
    "12 GB",
    "5000 TB",
  ]);
});

test("things are listed as a sentence has them", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed), ["", "a", "a and b", "a, b and c"]);
});

test("what was lately is told in minutes and hours", () => {
  const now = new Date("2026-01-05T12:00:00Z");
  const then = (/** @type {number} */ minutes) => ago(new Date(now.getTime() - minutes * 60_000), now);
  assert.deepEqual([0.5, 5, 90].map(then), ["just now", "5 min ago", "1 h ago"]);
  assert.match(then(60 * 24 * 30), /2025/);
});
