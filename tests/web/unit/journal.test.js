import assert from "node:assert/strict";
import { test } from "node:test";

import { Journal, MemoryShelf } from "../../../src/annelid/web/core/journal.js";
import { square } from "./made.js";

/** @param {string} id */
function content(id) {
  const state = /** @type {const} */ ("draft");
  return { change: { upsert: [square(id)], removed: [] }, seen: {}, clashing: [], covered: [], state };
}

/**
 * @param {MemoryShelf} shelf
 * @param {string} own
 * @param {Set<string>} open
 * @param {string} [project]
 */
function tab(shelf, own, open, project = "p") {
  open.add(own);
  return new Journal(project, shelf, { own, isOpen: async (name) => open.has(name) });
}

test("what a tab keeps is its own while it lives, and anybody's when it is dead", async () => {
  const [shelf, open] = [new MemoryShelf(), new Set()];
  const [first, second] = [tab(shelf, "t1", open), tab(shelf, "t2", open)];
  await first.keep("v", content("a"));
  assert.deepEqual(await second.left("v"), []);
  assert.equal((await first.left("v")).length, 1);
  open.delete("t1");
  const [entry] = await second.left("v");
  assert.deepEqual([entry.tab, entry.change.upsert[0].id], ["t1", "a"]);
  assert.deepEqual(await second.views(), ["v"]);
  await second.drop(entry);
  assert.deepEqual(await second.left("v"), []);
});

test("other views and other projects are left alone", async () => {
  const [shelf, open] = [new MemoryShelf(), new Set()];
  await tab(shelf, "t1", open).keep("v1", content("a"));
  open.delete("t1");
  assert.deepEqual(await tab(shelf, "t2", open).left("v2"), []);
  assert.deepEqual(await tab(shelf, "t3", open, "another").left("v1"), []);
});

test("dropping one's own entry keeps it: newer changes may lie there", async () => {
  const [shelf, open] = [new MemoryShelf(), new Set()];
  const journal = tab(shelf, "t1", open);
  await journal.keep("v", content("a"));
  const [entry] = await journal.left("v");
  await journal.drop(entry);
  assert.equal((await journal.left("v")).length, 1);
  await journal.keep("v", null);
  assert.deepEqual(await journal.left("v"), []);
});

test("of many changes in a row the newest is written, one write at a time", async () => {
  let [writes, busy] = [0, 0];
  class Slow extends MemoryShelf {
    /** @param {import("../../../src/annelid/web/core/journal.js").Entry} entry */
    async put(entry) {
      assert.equal(busy++, 0);
      writes += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      await super.put(entry);
      busy -= 1;
    }
  }
  const journal = tab(new Slow(), "t1", new Set());
  await Promise.all(Array.from({ length: 100 }, (_, n) => journal.keep("v", content(`o${n}`))));
  assert.ok(writes <= 3);
  assert.equal((await journal.left("v"))[0].change.upsert[0].id, "o99");
});

test("a write that fails is told, and does not stop the next one", async () => {
  const shelf = new MemoryShelf();
  const journal = tab(shelf, "t1", new Set());
  const { put } = shelf;
  shelf.put = async () => {
    throw new Error("the disk is full");
  };
  await assert.rejects(journal.keep("v", content("a")), /disk is full/);
  shelf.put = put;
  await journal.keep("v", content("b"));
  assert.equal((await journal.left("v"))[0].change.upsert[0].id, "b");
});
