import assert from "node:assert/strict";
import { test } from "node:test";
import { ellipseRing, rotatedBoxRing } from "../../../src/annelid/web/core/figures.js";
import { shapeArea } from "../../../src/annelid/web/core/geometry.js";
import { boxBetween, dragged, handlesOf, withParams } from "../../../src/annelid/web/core/handles.js";
import { square } from "./made.js";

const objectOf = (/** @type {Parameters<typeof square>[2]} */ more) => square("one", 0, more);

const near = (/** @type {number[]} */ found, /** @type {number[]} */ expected) =>
  found.forEach((value, n) => assert.ok(Math.abs(value - expected[n]) < 1e-9, `${found} is not ${expected}`));

test("a box stays a box when a corner moves, whichever way it goes", () => {
  const box = objectOf({ kind: "box", shape: [[[10, 10, 30, 10, 30, 20, 10, 20]]] });
  const corner = handlesOf(box, 1)[2];
  assert.deepEqual(dragged(box, corner, 40, 50).shape, [[[10, 10, 40, 10, 40, 50, 10, 50]]]);
  assert.deepEqual(dragged(box, corner, 0, 0).shape, [[[0, 0, 10, 0, 10, 10, 0, 10]]]);
  assert.equal(dragged(box, corner, 0, 0).kind, "box");
});

test("an ellipse stays an ellipse when the end of an axis is dragged", () => {
  const params = [50, 40, 20, 10, 0.5];
  const ellipse = objectOf({ kind: "ellipse", params, shape: [[ellipseRing(params)]] });
  const end = handlesOf(ellipse, 1)[0];
  near([end.x, end.y], [50 + 20 * Math.cos(0.5), 40 + 20 * Math.sin(0.5)]);
  const wider = dragged(ellipse, end, 50 + 30 * Math.cos(0.5), 40 + 30 * Math.sin(0.5));
  near(wider.params ?? [], [50, 40, 30, 10, 0.5]);
  assert.ok(Math.abs(shapeArea(wider.shape) - Math.PI * 300) < 1e-6);
});

test("a rotated box keeps its angle and the corner across from the one that is dragged", () => {
  const params = [50, 40, 20, 10, 0.3];
  const box = objectOf({ kind: "rotated_box", params, shape: [[rotatedBoxRing(params)]] });
  const [first, , third] = handlesOf(box, 1);
  const [dx, dy] = [4 * Math.cos(0.3) - 2 * Math.sin(0.3), 4 * Math.sin(0.3) + 2 * Math.cos(0.3)];
  const larger = dragged(box, third, third.x + dx, third.y + dy);
  near((larger.params ?? []).slice(2), [24, 12, 0.3]);
  near(larger.shape[0][0].slice(0, 2), [first.x, first.y]);
});

test("what stands out at the top of a rotated box turns it about its middle", () => {
  const params = [50, 40, 20, 10, 0];
  const box = withParams(objectOf({ kind: "rotated_box" }), params);
  const turn = handlesOf(box, 1).find(({ role }) => role === "turn");
  assert.ok(turn);
  near(dragged(box, turn, 90, 40).params ?? [], [50, 40, 20, 10, Math.PI / 2]);
});

test("a mask whose vertex is dragged is a polygon from then on", () => {
  const mask = objectOf({ kind: "mask", shape: [[[0, 0, 40, 0, 40, 40, 0, 40]]] });
  const changed = dragged(mask, handlesOf(mask, 1)[1], 50, -5);
  assert.equal(changed.kind, "polygon");
  assert.deepEqual(changed.shape, [[[0, 0, 50, -5, 40, 40, 0, 40]]]);
  assert.deepEqual(mask.shape, [[[0, 0, 40, 0, 40, 40, 0, 40]]], "objects are values");
});

test("vertices that crowd on the screen cannot be taken, those of a box can", () => {
  const ring = ellipseRing([0, 0, 10, 10, 0]);
  const round = objectOf({ kind: "polygon", shape: [[ring]] });
  assert.equal(handlesOf(round, 1).length, 0);
  assert.equal(handlesOf(round, 20).length, 64);
  assert.equal(handlesOf(objectOf({ kind: "box", shape: [[boxBetween(3, 3, 1, 1)]] }), 0.1).length, 4);
});
