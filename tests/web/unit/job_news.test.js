import assert from "node:assert/strict";
import { test } from "node:test";

import { atWork, isTakenUp, newsOf, runToOpen } from "../../../src/annelid/web/core/job_news.js";

/** @returns {any} */
const job = (/** @type {string} */ state, more = {}) => ({
  id: "1",
  verb: "propose",
  state,
  progress: {},
  error: {},
  ...more,
});

test("what ended while one looked elsewhere is told, once", () => {
  assert.equal(newsOf(job("running"), job("finished"))?.text, "Proposing objects is done.");
  assert.equal(newsOf(job("finished"), job("finished")), null);
  assert.equal(newsOf(undefined, job("finished")), null);
});

test("what failed is told with the reason and what to do", () => {
  const failed = job("failed", { error: { message: "no class", next_step: "add one" } });
  assert.deepEqual(newsOf(job("running"), failed), {
    text: "Proposing objects failed: no class\nadd one",
    level: "error",
  });
});

test("the header says what runs, how far it is, and how much waits", () => {
  assert.equal(atWork([job("finished")]), "");
  assert.equal(atWork([job("queued")]), "1 waiting");
  assert.equal(
    atWork([job("running", { verb: "train", progress: { what: "epoch", done: 1, of: 3 } }), job("queued")]),
    "Training 33 %, 1 more",
  );
  assert.equal(atWork([job("running")]), "Proposing");
});

test("who has begun a training sees its run as soon as there is one", () => {
  assert.equal(runToOpen("1", job("running")), "");
  assert.equal(runToOpen("1", job("running", { run: "first" })), "first");
  assert.equal(runToOpen("", job("running", { run: "first" })), "");
  assert.equal(runToOpen("2", job("running", { run: "first" })), "");
});

test("a training that a later job goes on with is not offered to be resumed", () => {
  const stopped = job("interrupted", { id: "0009", run: "cells", arguments: {} });
  const later = job("running", { id: "0010", verb: "resume", run: "cells", arguments: { run: "cells" } });
  assert.equal(isTakenUp(stopped, [stopped, later]), true);
  assert.equal(isTakenUp(later, [stopped, later]), false);
  assert.equal(isTakenUp(stopped, [stopped, { ...later, verb: "diagnose" }]), false);
});

test("images that are prepared for a training are no share of it", () => {
  const at = (/** @type {any} */ progress) => atWork([job("running", { verb: "train", progress })]);
  assert.equal(at({ what: "preparing train images", done: 4, of: 4 }), "Training");
  assert.equal(at({ what: "epoch", done: 1, of: 4 }), "Training 25 %");
  assert.equal(at({ what: "epoch 2/4, batch", done: 1, of: 2 }), "Training 37 %");
});
