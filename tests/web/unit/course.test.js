import assert from "node:assert/strict";
import { test } from "node:test";

import { bestEpoch, chartsOf, duration, withEpoch } from "../../../src/annelid/web/core/course.js";

const epoch = (number, map) => ({
  epoch: number,
  losses: { box_loss: 1 / number },
  val_losses: { box_loss: 2 / number },
  metrics: { "mAP50(M)": map, "mAP50-95(M)": map / 2 },
});

test("epochs that come in are put behind the others", () => {
  const columns = withEpoch(withEpoch({}, epoch(1, 0.1)), epoch(2, 0.2));
  assert.deepEqual(columns.epoch, [1, 2]);
  assert.deepEqual(columns["val/box_loss"], [2, 1]);
});

test("an epoch that is run anew after an interruption takes the place of the old one", () => {
  const columns = withEpoch(withEpoch(withEpoch({}, epoch(1, 0.1)), epoch(2, 0.2)), epoch(2, 0.3));
  assert.deepEqual(columns.epoch, [1, 2]);
  assert.deepEqual(columns["metrics/mAP50(M)"], [0.1, 0.3]);
});

test("a figure that an epoch lacks is empty there, not shifted", () => {
  const columns = withEpoch(withEpoch({}, { epoch: 1, losses: { a: 1 } }), { epoch: 2, losses: { b: 2 } });
  assert.deepEqual(
    [columns["train/a"], columns["train/b"]],
    [
      [1, null],
      [null, 2],
    ],
  );
});

test("the charts begin with how good it is, and each loss shows training beside validation", () => {
  const charts = chartsOf(withEpoch({}, epoch(1, 0.1)));
  assert.deepEqual(
    charts.map(({ title }) => title),
    ["How good: outlines", "Loss: Boxes"],
  );
  assert.deepEqual(
    charts[1].lines.map(({ look }) => look),
    ["train", "val"],
  );
});

test("a metric of 0 is drawn, a loss that is always 0 is not", () => {
  const columns = { epoch: [1], "metrics/mAP50(B)": [0], "train/sem_loss": [0] };
  assert.deepEqual(
    chartsOf(columns).map(({ title }) => title),
    ["How good: boxes"],
  );
});

test("the best epoch is the last of those with the highest mAP 50-95, and none while all are 0", () => {
  assert.equal(bestEpoch({ epoch: [1, 2, 3], "metrics/mAP50-95(M)": [0.1, 0.3, 0.3] }), 3);
  assert.equal(bestEpoch({ epoch: [1], "metrics/mAP50-95(M)": [0] }), 0);
  assert.equal(bestEpoch({}), 0);
});

test("durations are for people", () => {
  assert.deepEqual([0.4, 59.4, 61, 600, 3700, 7322].map(duration), [
    "0 s",
    "59 s",
    "1 min 1 s",
    "10 min",
    "1 h 2 min",
    "2 h 2 min",
  ]);
});
