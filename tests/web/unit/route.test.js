import assert from "node:assert/strict";
import { test } from "node:test";

import { hashOf, routeOf } from "../../../src/annelid/web/core/route.js";

test("an address without a hash is the list of images", () => {
  for (const hash of ["", "#", "#/", "#/images"]) assert.deepEqual(routeOf(hash), { page: "images", argument: "" });
});

test("an argument goes there and back, whatever it holds", () => {
  for (const id of ["abc", "a:t0z5", "a/b c%", "ö?x=1&y"]) {
    assert.deepEqual(routeOf(hashOf("annotate", id)), { page: "annotate", argument: id });
  }
});

test("a query stays with the argument", () => {
  assert.deepEqual(routeOf("#/annotate/abc?run=first%20run"), { page: "annotate", argument: "abc?run=first%20run" });
});

test("a run has a page of its own, and the list of runs is that of training", () => {
  assert.deepEqual(routeOf("#/runs/first"), { page: "run", argument: "first" });
  assert.deepEqual(routeOf("#/runs"), { page: "train", argument: "" });
});

test("a hash that stands for nothing is no page", () => {
  assert.equal(routeOf("#/nothing"), null);
  assert.deepEqual(routeOf("#/annotate/50%"), { page: "annotate", argument: "50%" });
});
