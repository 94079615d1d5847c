import assert from "node:assert/strict";
import { test } from "node:test";

import { figure, logTicks, ticks } from "../../../src/annelid/web/core/ticks.js";

test("ticks are round and inside", () => {
  assert.deepEqual(ticks(0, 1, 4), [0, 0.5, 1]);
  assert.deepEqual(ticks(0, 4.1, 4), [0, 2, 4]);
  assert.deepEqual(ticks(1, 30, 5), [10, 20, 30]);
  assert.deepEqual(ticks(0.12, 0.31, 4), [0.15, 0.2, 0.25, 0.3]);
});

test("a range without extent has one tick", () => {
  assert.deepEqual(ticks(3, 3, 4), [3]);
});

test("there are never many more than wished", () => {
  for (let high = 0.003; high < 5000; high *= 1.7) assert.ok(ticks(0, high, 4).length <= 6, String(high));
});

test("a logarithmic axis has powers of ten, and 2 and 5 between where these are few", () => {
  assert.deepEqual(logTicks(0.01, 100), [0.01, 0.1, 1, 10, 100]);
  assert.deepEqual(logTicks(0.8, 6), [1, 2, 5]);
});

test("values of every size can be read", () => {
  assert.deepEqual([0, 0.00012, 0.5, 12.345, 345.6, 12345].map(figure), [
    "0.000",
    "1.2e-4",
    "0.500",
    "12.3",
    "346",
    "12,345",
  ]);
  assert.equal(figure(NaN), "–");
});
