import assert from "node:assert/strict";
import test from "node:test";
import { initialChannels, percentileRange } from "../../../src/annelid/web/core/channels.js";
import { axisOf, columns, rounded } from "../../../src/annelid/web/core/histogram.js";
import { isSamePlane, stepped, viewIdOf } from "../../../src/annelid/web/core/planes.js";
import { lengthText, roundLength } from "../../../src/annelid/web/core/scale_bar.js";

/** @type {any} */
const FACTS = {
  channels: [
    { name: "DAPI", color: "#4070ff", low: 10, high: 900, shown: true },
    { name: "GFP", color: "#00e040", low: 20, high: 800, shown: false },
  ],
};

test("channels are shown as the server proposes them", () => {
  assert.deepEqual(initialChannels(FACTS)[0], {
    name: "DAPI",
    shown: true,
    color: "#4070ff",
    low: 10,
    high: 900,
    gamma: 1,
  });
});

test("what was chosen before comes again, and nonsense does not", () => {
  const kept = [
    { shown: false, low: 5, high: 6 },
    { color: "red; evil", low: 9, high: 3, gamma: -1 },
  ];
  const [first, second] = initialChannels(FACTS, kept);
  assert.deepEqual([first.shown, first.low, first.high], [false, 5, 6]);
  assert.deepEqual([second.color, second.low, second.high, second.gamma], ["#00e040", 20, 800, 1]);
});

test("percentiles are read from the histogram", () => {
  const histogram = new Array(256).fill(0);
  histogram[10] = 990;
  histogram[250] = 10;
  assert.deepEqual(percentileRange({ min: 0, max: 256, histogram }, 0.01, 0.98), [10, 11]);
  assert.deepEqual(percentileRange({ min: 0, max: 256, histogram }, 0, 1), [10, 251]);
  assert.deepEqual(percentileRange({ min: 7, max: 7, histogram: new Array(256).fill(0) }, 0, 1), [7, 8]);
});

test("a histogram has its mass where its values are", () => {
  const histogram = new Array(256).fill(0);
  histogram[0] = 100;
  histogram[255] = 100;
  const heights = columns({ min: 0, max: 100, histogram }, [0, 200], 10);
  assert.deepEqual(
    heights.map((height) => height > 0),
    [true, false, false, false, true, ...new Array(5).fill(false)],
  );
  assert.deepEqual(axisOf({ min: 0, max: 100, histogram }, -5, 300), [-5, 300]);
  assert.deepEqual(columns({ min: 3, max: 3, histogram: new Array(256).fill(0) }, [3, 4], 2), [0, 0]);
});

test("values are rounded to what can be told apart", () => {
  assert.equal(rounded(1234.567, [0, 65535], true), 1235);
  assert.equal(rounded(0.123456, [0, 1], false), 0.123);
});

test("a scale bar is round and fits", () => {
  assert.deepEqual(roundLength(0.5, 140), { length: 50, pixels: 100 });
  assert.deepEqual(roundLength(1, 100), { length: 100, pixels: 100 });
  assert.deepEqual([lengthText(0.5), lengthText(20), lengthText(2000)], ["500 nm", "20 µm", "2 mm"]);
});

test("the id of a plane's view is the one that the server makes", () => {
  const view = { image: "abc", plane: { scene: 0 } };
  assert.equal(viewIdOf(view, { t: 0, z: 0 }), "abc");
  assert.equal(viewIdOf(view, { t: 1, z: 5 }), "abc:t1z5");
  assert.equal(viewIdOf({ image: "abc", plane: { scene: 2 } }, { t: 0, z: 3, projection: "max" }), "abc:s2:t0max");
});

test("a step along an axis stops at its end and leaves a projection", () => {
  assert.deepEqual(stepped({ t: 0, z: 4 }, "z", 1, [3, 5]), { t: 0, z: 4, projection: "" });
  assert.deepEqual(stepped({ t: 0, z: 2, projection: "max" }, "z", -1, [3, 5]), { t: 0, z: 1, projection: "" });
  assert.deepEqual(stepped({ t: 0, z: 2, projection: "max" }, "t", 1, [3, 5]), { t: 1, z: 2, projection: "max" });
  assert.ok(isSamePlane({ t: 0, z: 3, projection: "max" }, { t: 0, z: 0, projection: "max" }));
});
