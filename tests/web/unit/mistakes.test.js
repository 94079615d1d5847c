import assert from "node:assert/strict";
import { test } from "node:test";

import { countsOf, nextOf, shown } from "../../../src/annelid/web/core/mistakes.js";

const make = (id, kind) => ({ id, kind, is_predicted: true, box_xyxy: [0, 0, 1, 1], text: "" });
const all = [make("a", "extra"), make("b", "missed"), make("c", "extra")];

test("kinds that are hidden are not looked through", () => {
  assert.deepEqual(
    shown(all, new Set(["extra"])).map(({ id }) => id),
    ["b"],
  );
});

test("mistakes are gone through round and round, both ways", () => {
  const ids = [1, 1, 1, 1]
    .reduce((seen, step) => [...seen, nextOf(all, seen.at(-1) ?? null, step)], [])
    .map(({ id }) => id);
  assert.deepEqual(ids, ["a", "b", "c", "a"]);
  assert.equal(nextOf(all, null, -1)?.id, "c");
  assert.equal(nextOf(all, all[0], -1)?.id, "c");
  assert.equal(nextOf([], null, 1), null);
});

test("after its kind was hidden, one begins anew", () => {
  assert.equal(nextOf(shown(all, new Set(["missed"])), all[1], 1)?.id, "a");
});

test("kinds are counted, the most frequent first", () => {
  assert.deepEqual(countsOf(all), [
    ["extra", 2],
    ["missed", 1],
  ]);
});
