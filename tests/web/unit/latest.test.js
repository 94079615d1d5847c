import assert from "node:assert/strict";
import { test } from "node:test";

import { Latest } from "../../../src/annelid/web/core/latest.js";

/** Answers that come when they are told to. */
function oracle() {
  /** @type {{question: string, answer: (value: string) => void, fail: (error: Error) => void}[]} */
  const asked = [];
  const latest = new Latest(
    (/** @type {string} */ question) => new Promise((answer, fail) => asked.push({ question, answer, fail })),
  );
  /** @type {string[]} */
  const told = [];
  const ask = (/** @type {string} */ question) =>
    latest.ask(
      question,
      (answer) => told.push(String(answer)),
      (error) => told.push(`! ${/** @type {Error} */ (error).message}`),
    );
  return { asked, told, ask, latest };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("an answer is told", async () => {
  const { asked, told, ask, latest } = oracle();
  ask("a");
  assert.equal(latest.isBusy, true);
  asked[0].answer("A");
  await settled();
  assert.deepEqual(told, ["A"]);
  assert.equal(latest.isBusy, false);
});

test("of the questions that wait only the newest is asked, and only its answer is told", async () => {
  const { asked, told, ask } = oracle();
  ask("a");
  ask("b");
  ask("c");
  assert.deepEqual(
    asked.map((one) => one.question),
    ["a"],
  );
  asked[0].answer("A");
  await settled();
  assert.deepEqual(
    asked.map((one) => one.question),
    ["a", "c"],
  );
  asked[1].answer("C");
  await settled();
  assert.deepEqual(told, ["C"]);
});

test("an answer that was given up is dropped, and the next question is answered", async () => {
  const { asked, told, ask, latest } = oracle();
  ask("a");
  latest.drop();
  assert.equal(latest.isBusy, false);
  ask("b");
  asked[0].answer("A");
  await settled();
  asked[1].answer("B");
  await settled();
  assert.deepEqual(told, ["B"]);
});

test("a failure is told, and the next question is asked", async () => {
  const { asked, told, ask } = oracle();
  ask("a");
  asked[0].fail(new Error("no"));
  await settled();
  ask("b");
  asked[1].answer("B");
  await settled();
  assert.deepEqual(told, ["! no", "B"]);
});
