import assert from "node:assert/strict";
import test from "node:test";
import {
  centred,
  fitted,
  held,
  scaleLimits,
  scaledAt,
  toImage,
  toScreen,
  visibleBox,
} from "../../../src/annelid/web/core/transform.js";

const IMAGE = { width: 2000, height: 1000 };
const SCREEN = { width: 800, height: 600 };

test("screen and image are inverse to each other", () => {
  const transform = { scale: 0.37, x: -12.5, y: 40 };
  const [x, y] = toImage(transform, ...toScreen(transform, 123, 456));
  assert.ok(Math.abs(x - 123) < 1e-9 && Math.abs(y - 456) < 1e-9);
});

test("a fitted image lies in the middle with room around it", () => {
  const transform = fitted(IMAGE, SCREEN);
  const [left, top] = toScreen(transform, 0, 0);
  const [right, bottom] = toScreen(transform, 2000, 1000);
  assert.equal(left, 16);
  assert.equal(right, 784);
  assert.ok(Math.abs(top + bottom - 600) < 1e-9);
});

test("an image of one pixel is not blown up over the whole screen", () => {
  assert.equal(fitted({ width: 1, height: 1 }, SCREEN).scale, 64);
});

test("what lies under the pointer stays there when the scale changes", () => {
  const before = fitted(IMAGE, SCREEN);
  const place = toImage(before, 300, 200);
  const after = scaledAt(before, 3, 300, 200);
  assert.deepEqual(toScreen(after, ...place).map(Math.round), [300, 200]);
});

test("the image cannot be lost beyond an edge of the screen", () => {
  const far = held({ scale: 1, x: 1e6, y: -1e6 }, IMAGE, SCREEN);
  const [x1, y1, x2, y2] = visibleBox(far, IMAGE, SCREEN);
  assert.ok(x2 > x1 && y2 > y1);
});

test("the scale stays within its limits, around the middle of the screen", () => {
  const [least, most] = scaleLimits(IMAGE, SCREEN);
  assert.equal(held({ scale: 1e9, x: 0, y: 0 }, IMAGE, SCREEN).scale, most);
  assert.equal(held({ scale: 1e-9, x: 0, y: 0 }, IMAGE, SCREEN).scale, least);
  const middle = centred(1e9, 700, 300, SCREEN);
  const [x, y] = toImage(held(middle, IMAGE, SCREEN), 400, 300);
  assert.ok(Math.abs(x - 700) < 1e-6 && Math.abs(y - 300) < 1e-6);
});

test("a held transform is left as it is", () => {
  const transform = fitted(IMAGE, SCREEN);
  assert.deepEqual(held(transform, IMAGE, SCREEN), transform);
});

test("the visible box is what of the image lies on the screen", () => {
  assert.deepEqual(visibleBox({ scale: 2, x: -100, y: 50 }, IMAGE, SCREEN), [50, 0, 450, 275]);
});
