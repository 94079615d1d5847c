import assert from "node:assert/strict";
import { test } from "node:test";

import { above, jobOfView, sayOpen } from "../../../src/annelid/web/core/proposed.js";

test("only proposals with the least score are kept", () => {
  const objects = /** @type {any[]} */ ([{ score: 0.2 }, { score: 0.5 }, { score: null }]);
  assert.deepEqual(above(objects, 0.5), objects.slice(1));
});

test("how many are open is said, and how many of them are shown", () => {
  assert.equal(sayOpen(0, 0), "No proposals are open on this image.");
  assert.equal(sayOpen(1, 1), "1 proposal open.");
  assert.equal(sayOpen(7, 3), "7 proposals open, 3 shown.");
});

test("a job is told beside its images only", () => {
  const job = { verb: "propose", state: "running", arguments: { images: ["a"] } };
  assert.match(jobOfView(job, "a") ?? "", /being proposed/);
  assert.equal(jobOfView(job, "b"), null);
  assert.equal(jobOfView({ ...job, verb: "train" }, "a"), null);
  assert.equal(jobOfView({ ...job, state: "interrupted" }, "a"), "");
  const finished = { ...job, state: "finished", arguments: { images: ["a"], model: "cells@v1", conf: 0.25 } };
  assert.match(jobOfView(finished, "a") ?? "", /^cells@v1 found nothing with a score of 0.25 or more:/);
  const failed = { ...job, state: "failed", error: { message: "no such model", next_step: "train one" } };
  assert.equal(jobOfView(failed, "a"), "No proposals: no such model: train one");
});
