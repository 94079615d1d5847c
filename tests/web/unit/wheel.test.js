import assert from "node:assert/strict";
import test from "node:test";
import { Wheel } from "../../../src/annelid/web/core/wheel.js";

/** @param {Partial<import("../../../src/annelid/web/core/wheel.js").WheelLike>} values */
const turn = (values) => ({
  deltaX: 0,
  deltaY: 0,
  deltaMode: 0,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  timeStamp: 0,
  ...values,
});

test("a notch of a mouse wheel zooms, towards the person out", () => {
  const meaning = new Wheel().meaning(turn({ deltaY: 120 }));
  assert.ok("zoom" in meaning && meaning.zoom < 1 && meaning.zoom > 0.7);
});

test("two fingers on a trackpad move the image, however fast they get", () => {
  const wheel = new Wheel();
  assert.deepEqual(wheel.meaning(turn({ deltaX: 1, deltaY: 3, timeStamp: 0 })), { dx: -1, dy: -3 });
  assert.deepEqual(wheel.meaning(turn({ deltaY: 150, timeStamp: 16 })), { dx: -0, dy: -150 });
});

test("a pinch zooms, whatever the setting", () => {
  const meaning = new Wheel(() => "pan").meaning(turn({ deltaY: -5.5, ctrlKey: true }));
  assert.ok("zoom" in meaning && meaning.zoom > 1.03 && meaning.zoom < 1.1);
});

test("a person may choose what the wheel does", () => {
  assert.ok("dx" in new Wheel(() => "pan").meaning(turn({ deltaY: 120 })));
  assert.ok("zoom" in new Wheel(() => "zoom").meaning(turn({ deltaX: 2, deltaY: 3 })));
});

test("with Shift a wheel moves sideways", () => {
  assert.deepEqual(new Wheel().meaning(turn({ deltaY: 120, shiftKey: true })), { dx: -120, dy: 0 });
});

test("browsers that count lines are understood", () => {
  assert.ok("zoom" in new Wheel().meaning(turn({ deltaY: 3, deltaMode: 1 })));
});
