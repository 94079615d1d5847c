import assert from "node:assert/strict";
import { test } from "node:test";

import {
  PLAIN,
  bars,
  changed,
  equal,
  inWords,
  problem,
  windowAt,
} from "../../../src/annelid/web/core/preprocessing.js";
import { clipOf, sliderOf } from "../../../src/annelid/web/panels/preprocessing_form.js";

test("fixed values begin with the range that is shown, and go when another range is chosen", () => {
  const fixed = changed(PLAIN, { range: "absolute" }, [[601.234, 5048.3]]);
  assert.deepEqual(fixed.values, [[601.2, 5048]]);
  assert.deepEqual(changed(fixed, { range: "minmax" }).values, []);
});

test("an even image gets a range that is not empty", () => {
  assert.deepEqual(changed(PLAIN, { range: "absolute" }, [[7, 7]]).values, [[7, 8]]);
});

test("fixed values are as many as the channels that are chosen", () => {
  const three = changed(PLAIN, { range: "absolute" }, [
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
  assert.equal(
    changed(three, { channels: ["a"] }, [
      [0, 1],
      [0, 2],
      [0, 3],
    ]).values.length,
    1,
  );
});

test("what the server would refuse is said before", () => {
  assert.equal(problem(PLAIN), "");
  assert.match(problem({ ...PLAIN, low: 50, high: 20 }), /percentile/);
  assert.match(problem({ ...PLAIN, range: "absolute", values: [[3, 3]] }), /smaller/);
  assert.match(problem({ ...PLAIN, clahe_cells: 0 }), /cells/);
  assert.match(problem({ ...PLAIN, clahe_clip: 2 }), /clip/);
});

test("two are equal whatever the order of their keys", () => {
  assert.ok(equal(PLAIN, /** @type {any} */ (Object.fromEntries(Object.entries(PLAIN).reverse()))));
  assert.ok(!equal(PLAIN, { ...PLAIN, equalize: "clahe" }));
});

test("it is told in a sentence", () => {
  assert.match(
    inWords({ ...PLAIN, equalize: "clahe", channels: ["DAPI"] }),
    /^channels DAPI; .*CLAHE \(8 cells, clip limit 0.01\)$/,
  );
  assert.equal(
    inWords({
      ...PLAIN,
      range: "absolute",
      values: [
        [1, 2],
        [3, 4],
      ],
    }),
    "from 1 to 2 and 3 to 4",
  );
});

test("the slider of the clip limit goes there and back", () => {
  for (const clip of [0.004, 0.01, 0.05, 0.3, 1]) assert.ok(Math.abs(clipOf(sliderOf(clip)) / clip - 1) < 0.03);
  assert.equal(clipOf(1), 1);
  assert.ok(clipOf(0) >= 1 / 256);
});

test("the bars of a histogram are shares", () => {
  assert.deepEqual(bars([0, 1, 4]), [0, 0.5, 1]);
  assert.deepEqual(bars([0, 0]), [0, 0]);
});

test("a window around a point stays inside the image", () => {
  assert.deepEqual(windowAt([50, 50], [20, 10], [100, 100]), [40, 45, 60, 55]);
  assert.deepEqual(windowAt([2, 99], [20, 10], [100, 100]), [0, 90, 20, 100]);
  assert.deepEqual(windowAt([5, 5], [400.4, 300], [10, 20]), [0, 0, 10, 20]);
});
