import assert from "node:assert/strict";
import { test } from "node:test";

import { AnnotationStore } from "../../../src/annelid/web/core/store.js";
import { annotation, random, square } from "./made.js";
import { within } from "./quick.js";

/** @param {AnnotationStore} store */
function content(store) {
  return { objects: [...store.objects.values()], covered: store.covered, state: store.state };
}

/**
 * Some change of what is there: objects come, change and go, also several at once; areas and state too.
 * @param {AnnotationStore} store
 * @param {(limit: number) => number} chance
 * @param {string} prefix of new ids
 */
function anyChange(store, chance, prefix = "o") {
  const ids = [...store.objects.keys()].filter((id) => id.startsWith(prefix));
  const some = () => ids[chance(ids.length)];
  const upsert = [square(`${prefix}${chance(40)}`, chance(9))];
  if (ids.length && chance(2)) upsert.push(square(some(), chance(9)));
  const removed = ids.length && chance(3) === 0 ? [some()] : [];
  const covered = chance(5) === 0 ? [[0, 0, chance(9), 0, 5, 5]] : undefined;
  const state = chance(6) === 0 ? /** @type {const} */ (["draft", "reviewed"])[chance(2)] : undefined;
  return { upsert: chance(3) ? upsert : [], removed, covered, state };
}

test("undoing everything is the start, doing it again the end, whatever was done", () => {
  for (let seed = 0; seed < 60; seed++) {
    const chance = random(seed);
    const objects = Array.from({ length: 6 }, (_, n) => square(`o${n}`));
    const store = new AnnotationStore(annotation({ objects, state: seed % 2 ? "new" : "draft" }));
    const start = content(store);
    for (let n = 0; n < 30; n++) store.apply(anyChange(store, chance));
    const end = content(store);
    while (store.canUndo) assert.deepEqual(store.undo()?.left, []);
    assert.deepEqual(content(store), start);
    while (store.canRedo) assert.deepEqual(store.redo()?.left, []);
    assert.deepEqual(content(store), end);
  }
});

test("the inverse of an inverse is the change, and each takes the other back", () => {
  const chance = random(7);
  const store = new AnnotationStore(annotation({ objects: [square("o1"), square("o2")] }));
  for (let n = 0; n < 100; n++) {
    const before = content(store);
    let told = null;
    const stop = store.subscribe((event) => (told = event));
    const change = store.apply(anyChange(store, chance));
    stop();
    if (!told) continue;
    const { inverse } = /** @type {import("../../../src/annelid/web/core/store.js").StoreEvent} */ (told);
    const after = content(store);
    store.apply(inverse);
    assert.deepEqual(content(store), before);
    store.apply(change);
    assert.deepEqual(content(store), after);
  }
});

test("undoing everything leaves alone what others did between, and their objects stay", () => {
  for (let seed = 0; seed < 40; seed++) {
    const chance = random(seed);
    const store = new AnnotationStore(annotation({ objects: [square("o1"), square("t1")] }));
    const start = store.get("o1");
    for (let n = 0; n < 30; n++) {
      const change = anyChange(store, chance, chance(2) ? "o" : "t");
      const isMine = (change.upsert[0]?.id ?? change.removed[0] ?? "o").startsWith("o");
      store.apply({ ...change, covered: undefined, state: undefined }, isMine ? "local" : "remote");
    }
    const theirs = [...store.objects.values()].filter((object) => object.id.startsWith("t"));
    while (store.canUndo) store.undo();
    assert.deepEqual(
      [...store.objects.values()].filter((object) => object.id.startsWith("t")),
      theirs,
    );
    assert.deepEqual(
      [...store.objects.values()].filter((object) => object.id.startsWith("o")),
      [start],
    );
  }
});

test("what somebody else changed since is not undone, and that is told", () => {
  const store = new AnnotationStore(annotation({ objects: [square("a"), square("b")] }));
  store.apply({ upsert: [square("a", 5), square("b", 5)] });
  store.apply({ upsert: [square("a", 9)] }, "remote");
  const step = store.undo();
  assert.deepEqual(step?.left, ["a"]);
  assert.deepEqual([store.get("a"), store.get("b")], [square("a", 9), square("b", 0)]);
});

test("somebody else's change is not undone, a local one forgets what could be redone", () => {
  const store = new AnnotationStore(annotation());
  store.apply({ upsert: [square("a")] }, "remote");
  assert.equal(store.undo(), null);
  store.apply({ upsert: [square("b")] });
  store.undo();
  store.apply({ upsert: [square("c")] }, "remote");
  assert.ok(store.canRedo);
  store.apply({ upsert: [square("d")] });
  assert.ok(!store.canRedo);
});

test("a change that changes nothing is told to nobody and cannot be undone", () => {
  const store = new AnnotationStore(annotation({ objects: [square("a")], covered: [[0, 0, 1, 0, 1, 1]] }));
  store.subscribe(() => assert.fail("told"));
  store.apply({ upsert: [square("a")], removed: ["x"], covered: [[0, 0, 1, 0, 1, 1]], state: "draft" });
  assert.ok(!store.canUndo);
});

test("of one id that comes twice the last counts, and being put counts more than being removed", () => {
  const store = new AnnotationStore(annotation({ objects: [square("a")] }));
  const change = store.apply({ upsert: [square("a", 1), square("a", 2)], removed: ["a"] });
  assert.deepEqual(change, { upsert: [square("a", 2)], removed: [] });
});

test("what comes back takes its old place in the drawing order", () => {
  const store = new AnnotationStore(annotation({ objects: ["a", "b", "c"].map((id) => square(id)) }));
  store.apply({ removed: ["a", "b"] });
  store.apply({ upsert: [square("d")] });
  store.undo();
  store.undo();
  assert.deepEqual([...store.objects.keys()], ["a", "b", "c"]);
});

test("listeners hear of changes in order, also of those that a listener makes", () => {
  const store = new AnnotationStore(annotation());
  /** @type {string[]} */
  const heard = [];
  store.subscribe(({ change }) => void (change.upsert[0].id === "a" && store.apply({ upsert: [square("b")] })));
  store.subscribe(({ change }) => heard.push(change.upsert[0].id));
  store.apply({ upsert: [square("a")] });
  assert.deepEqual(heard, ["a", "b"]);
});

test("a first change by hand makes a new view a draft, somebody else's does not", () => {
  const store = new AnnotationStore(annotation({ state: "new" }));
  store.apply({ upsert: [square("a")] }, "remote");
  assert.equal(store.state, "new");
  store.apply({ upsert: [square("b")] });
  assert.equal(store.state, "draft");
  store.undo();
  assert.equal(store.state, "new");
});

test("a view to which somebody else added objects meanwhile is not new again by undo", () => {
  const store = new AnnotationStore(annotation({ state: "new" }));
  store.apply({ upsert: [square("a")] });
  store.apply({ upsert: [square("b")] }, "remote");
  store.undo();
  assert.deepEqual([...store.objects.keys()], ["b"]);
  assert.equal(store.state, "draft");
});

test("a model's object is a proposal until its middle is reviewed", () => {
  const objects = [square("a", 0, { author: "model:m" }), square("b", 100, { author: "model:m" }), square("c")];
  const store = new AnnotationStore(annotation({ objects }));
  assert.deepEqual(store.counts, { total: 3, proposals: 2, byClass: { cell: 3 } });
  store.apply({ covered: [[0, 0, 50, 0, 50, 50, 0, 50]] });
  assert.equal(store.counts.proposals, 2);
  store.apply({ state: "reviewed" });
  assert.deepEqual(
    [...store.objects.values()].filter((object) => store.proposal(object)),
    [objects[1]],
  );
});

test("ten thousand objects change in no time", () => {
  const objects = Array.from({ length: 10_000 }, (_, n) => square(`o${n}`, n));
  const store = new AnnotationStore(annotation({ objects }));
  within(1000, () => {
    for (let n = 0; n < 200; n++) store.apply({ upsert: [square(`o${n}`, n + 1)] });
    store.apply({ removed: objects.map(({ id }) => id) });
    while (store.canUndo) store.undo();
  });
  assert.deepEqual([...store.objects.values()], objects);
});
