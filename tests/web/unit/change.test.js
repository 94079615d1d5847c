import assert from "node:assert/strict";
import { test } from "node:test";

import { inverseOf, isEmpty, joined, normalised, only, touched } from "../../../src/annelid/web/core/change.js";
import { differences, settled } from "../../../src/annelid/web/core/conflict.js";
import { equal } from "../../../src/annelid/web/core/equal.js";
import { further, merge, mergedAreas } from "../../../src/annelid/web/core/merge.js";
import { Unsent } from "../../../src/annelid/web/core/unsent.js";
import { AnnotationStore } from "../../../src/annelid/web/core/store.js";
import { annotation, random, square } from "./made.js";

/** @param {...import("../../../src/annelid/web/types.js").ImageObject} objects */
function content(...objects) {
  return new AnnotationStore(annotation({ objects }));
}

test("values are equal when they say the same, whatever the order of their keys", () => {
  assert.ok(equal({ a: [1, { b: null }], c: 2 }, { c: 2, a: [1, { b: null }] }));
  for (const other of [{ a: 1 }, { a: undefined, c: 2 }, [1], null, "a", { a: [1], c: 2, d: 3 }]) {
    assert.ok(!equal({ a: [1], c: 2 }, other));
  }
  assert.ok(!equal([1, 2], [1]));
  assert.ok(!equal([], {}));
});

test("two changes as one do what they do one after the other", () => {
  const chance = random(2);
  const any = () => ({
    upsert: chance(3) ? [square(`o${chance(6)}`, chance(50))] : [],
    removed: chance(2) ? [`o${chance(6)}`] : [],
    ...(chance(3) ? {} : { state: /** @type {const} */ ("reviewed"), message: `m${chance(3)}` }),
  });
  for (let n = 0; n < 300; n++) {
    const [one, two] = [content(square("o1"), square("o2")), content(square("o1"), square("o2"))];
    const changes = [normalised(one, any())];
    one.apply(changes[0]);
    changes.push(normalised(one, any()));
    one.apply(changes[1]);
    two.apply(joined(changes[0], changes[1]));
    assert.deepEqual(new Set(one.objects.values()), new Set(two.objects.values()));
    assert.equal(one.state, two.state);
  }
});

test("messages of changes that become one are told once each, and not without end", () => {
  const one = { upsert: [], removed: [], message: "drawn" };
  const both = joined(joined(one, { ...one, message: "moved" }), one);
  assert.equal(both.message, "drawn; moved");
  const long = joined({ ...one, message: "a".repeat(150) }, { ...one, message: "b".repeat(150) });
  assert.equal(long.message?.length, 200);
});

test("the inverse of a change names what came, what was there and what went", () => {
  const before = content(square("a"), square("b"));
  const inverse = inverseOf(before, { upsert: [square("a", 5), square("new")], removed: ["b"], state: "reviewed" });
  assert.deepEqual(inverse, { upsert: [square("a"), square("b")], removed: ["new"], state: "draft" });
  assert.deepEqual(touched(only(inverse, (id) => id !== "a")), ["b", "new"]);
});

test("what somebody else changed comes in, what is unsent here stays, what both changed is a clash", () => {
  const seen = content(square("a"), square("b"), square("c"), square("d"));
  const theirs = content(square("a", 1), square("b", 1), square("c"), square("e"));
  const mine = content(square("a"), square("b", 2), square("c", 2), square("d"));
  const { remote, clashes } = merge(seen, theirs, mine, (id) => ["b", "c"].includes(id));
  assert.deepEqual(remote, { upsert: [square("a", 1), square("e")], removed: ["d"] });
  assert.deepEqual(clashes, [{ id: "b", mine: square("b", 2), theirs: square("b", 1) }]);
});

test("areas that one adds and the other takes away are merged; of two states the further one stays", () => {
  const [a, b, c] = [0, 1, 2].map((x) => [x, 0, x + 1, 0, x, 1]);
  assert.deepEqual(mergedAreas([a, b], [a, b, c], [a]), [a, c]);
  assert.deepEqual(mergedAreas([a], [], [a, b]), [b]);
  assert.equal(further("draft", "reviewed"), "reviewed");
  assert.equal(further("draft", "new"), "draft");
});

test("of a clash one or both are kept; where one side removed the object the other is all there is", () => {
  const clash = { id: "a", mine: square("a", 1), theirs: square("a", 2) };
  assert.deepEqual(settled(clash, "mine").remote, null);
  assert.deepEqual(settled(clash, "mine").local?.upsert, [square("a", 1)]);
  assert.deepEqual(settled(clash, "theirs"), { remote: { upsert: [square("a", 2)], removed: [] }, local: null });
  const both = settled(clash, "both");
  assert.deepEqual(both.remote?.upsert, [square("a", 2)]);
  assert.deepEqual(both.local?.upsert[0].shape, square("a", 1).shape);
  assert.notEqual(both.local?.upsert[0].id, "a");
  assert.deepEqual(settled({ ...clash, theirs: null }, "both").local?.upsert, [square("a", 1)]);
  assert.deepEqual(settled({ ...clash, mine: null }, "both"), settled({ ...clash, mine: null }, "theirs"));
  assert.deepEqual(settled({ ...clash, theirs: null }, "theirs").remote, { upsert: [], removed: ["a"] });
});

test("a refused change is halved until what is wrong stands alone", () => {
  const unsent = new Unsent();
  const seen = content();
  unsent.add({ upsert: ["a", "b", "c", "bad", "d"].map((id) => square(id)), removed: [], state: "reviewed" });
  /** @type {string[]} */
  const sent = [];
  for (let change = unsent.take(seen); change; change = unsent.take(seen)) {
    if (touched(change).includes("bad")) unsent.refuse("bad");
    else {
      sent.push(...touched(change), change.state ?? "");
      unsent.arrived();
    }
  }
  assert.deepEqual(sent.filter(Boolean).sort(), ["a", "b", "c", "d", "reviewed"]);
  assert.deepEqual(
    unsent.refused.map(({ change, why }) => [touched(change), why]),
    [[["bad"], "bad"]],
  );
  assert.ok(!unsent.isBusy && !isEmpty(unsent.all));
  unsent.retry();
  assert.ok(unsent.isBusy);
  unsent.add({ upsert: [], removed: ["bad"] });
  assert.equal(unsent.take(seen), null);
});

test("where everything is refused it is not asked for each object", () => {
  const unsent = new Unsent();
  unsent.add({ upsert: Array.from({ length: 5000 }, (_, n) => square(`o${n}`)), removed: [] });
  let asked = 0;
  while (unsent.take(content())) {
    unsent.refuse("no such class");
    asked += 1;
  }
  assert.ok(asked < 100, `${asked}`);
  assert.equal(touched(unsent.all).length, 5000);
});

test("what two versions do not agree in is said in words", () => {
  const [mine, theirs] = [square("a", 1, { label: "nucleus" }), square("a", 2, { author: "human:bob" })];
  assert.deepEqual(differences({ id: "a", mine, theirs }), ["class", "outline", "author"]);
  assert.deepEqual(differences({ id: "a", mine, theirs: { ...mine, extra: { stage: 2 } } }), ["attributes"]);
  assert.match(differences({ id: "a", mine, theirs: null })[0], /was removed/);
  assert.match(differences({ id: "a", mine: null, theirs })[0], /you removed/);
});
