import assert from "node:assert/strict";
import { test } from "node:test";

import { Picking } from "../../../src/annelid/web/core/picking.js";

const of = (/** @type {Picking} */ picking) => [...picking.picked].sort().join("");

function abcde() {
  const picking = new Picking();
  picking.show(["a", "b", "c", "d", "e"]);
  return picking;
}

test("one begins at the first and stays within the list", () => {
  const picking = abcde();
  assert.equal(picking.current, "a");
  picking.go(-5);
  assert.equal(picking.current, "a");
  picking.go(Infinity);
  assert.equal(picking.current, "e");
});

test("going with Shift picks everything between", () => {
  const picking = abcde();
  picking.go(1);
  picking.go(2, true);
  picking.go(3, true);
  assert.equal(of(picking), "bcd");
});

test("a click with Ctrl picks and lets go, one with Shift picks a range from there", () => {
  const picking = abcde();
  picking.toggle("d");
  picking.extendTo("b");
  assert.equal(of(picking), "bcd");
  picking.toggle("c");
  assert.equal(of(picking), "bd");
});

test("what is no longer in the list is not picked", () => {
  const picking = abcde();
  picking.all();
  picking.show(["b", "d"]);
  assert.equal(of(picking), "bd");
  assert.equal(picking.current, "b");
  picking.show([]);
  assert.equal(picking.current, "");
  picking.go(0, true);
  assert.equal(of(picking), "");
});
