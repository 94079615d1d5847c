import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../src/annelid/web/api.js";
import { Autosave } from "../../../src/annelid/web/core/autosave.js";
import { touched } from "../../../src/annelid/web/core/change.js";
import { Journal, MemoryShelf } from "../../../src/annelid/web/core/journal.js";
import { sendLeftovers } from "../../../src/annelid/web/core/leftovers.js";
import { AnnotationStore } from "../../../src/annelid/web/core/store.js";
import { FakeServer } from "./fake_server.js";
import { annotation, random, square } from "./made.js";

const AWAY = new ApiError(0, { message: "the server does not answer" });

/**
 * A page on the server's view.
 * @param {FakeServer} server
 * @param {Journal | null} [journal]
 */
function page(server, journal = null) {
  const store = new AnnotationStore(server.annotation);
  const autosave = new Autosave(store, { author: "human:ann", server, journal, firstWaitMs: 1 });
  return { store, autosave };
}

/**
 * @param {MemoryShelf} shelf
 * @param {string} own
 * @param {string[]} open
 */
function tab(shelf, own, open = [own]) {
  return new Journal("p", shelf, { own, isOpen: async (name) => open.includes(name) });
}

/** @param {{objects: Map<string, import("../../../src/annelid/web/types.js").ImageObject>}} of */
function objects({ objects: map }) {
  return [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** @param {number} [turns] */
async function settle(turns = 60) {
  for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The next save arrives, its answer does not.
 * @param {FakeServer} server
 */
function loseAnswer(server) {
  server.after = () => {
    server.after = null;
    throw AWAY;
  };
}

/**
 * Once a save has arrived the server is away.
 * @param {FakeServer} server
 */
function goAwayAfterSave(server) {
  server.before = () => {
    if (server.saves.length) throw AWAY;
  };
}

test("a change is saved, and that is said", async () => {
  const server = new FakeServer(annotation({ state: "new" }));
  const { store, autosave } = page(server);
  store.apply({ upsert: [square("a")] });
  assert.equal(autosave.state.value, "saving");
  assert.ok(await autosave.flush());
  assert.deepEqual([autosave.state.value, autosave.text.value], ["saved", "Saved"]);
  assert.deepEqual([server.state, server.revision, store.revision], ["draft", 1, 1]);
});

test("one save is on the way at a time, those that wait become one", async () => {
  const server = new FakeServer(annotation());
  const { store, autosave } = page(server);
  store.apply({ upsert: [square("a")] });
  await null;
  await null;
  for (let n = 1; n <= 50; n++) store.apply({ upsert: [square("a", n), square(`b${n}`)] });
  store.apply({ removed: ["b7"] });
  await autosave.flush();
  assert.equal(server.saves.length, 2);
  assert.deepEqual(objects(server), objects(store));
});

test("what is drawn and taken back before it is sent is not sent", async () => {
  const server = new FakeServer(annotation());
  const { store, autosave } = page(server);
  store.apply({ upsert: [square("a")] });
  store.undo();
  await autosave.flush();
  assert.equal(server.saves.length, 0);
});

test("a server that was started anew and knows nobody is said with what to do", async () => {
  const server = new FakeServer(annotation());
  const { store, autosave } = page(server);
  server.before = () => {
    throw new ApiError(401, { message: "this server does not know you yet", next_step: "open its address" });
  };
  store.apply({ upsert: [square("a")] });
  await settle();
  assert.match(autosave.text.value, /does not know you yet · open its address/);
  autosave.close();
});

test("while the server is away everything is kept, and sent when it is back", async () => {
  const server = new FakeServer(annotation());
  const { store, autosave } = page(server);
  server.before = () => {
    throw AWAY;
  };
  store.apply({ upsert: [square("a")] });
  await settle();
  assert.equal(autosave.state.value, "offline");
  assert.match(autosave.text.value, /does not answer.*1 object kept in this browser/);
  store.apply({ upsert: [square("b")], removed: ["a"] });
  assert.ok(!(await autosave.flush(5)));
  server.before = null;
  assert.ok(await autosave.flush());
  assert.deepEqual(objects(server), [square("b")]);
});

test("an answer that was lost is no conflict", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  loseAnswer(server);
  store.apply({ upsert: [square("a", 5)] });
  await autosave.flush();
  store.apply({ upsert: [square("a", 6)] });
  await autosave.flush();
  assert.equal(autosave.state.value, "saved");
  assert.deepEqual(objects(server), [square("a", 6)]);
});

test("what is changed on after an answer was lost is no conflict with oneself", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")], state: "draft" }));
  const { store, autosave } = page(server);
  loseAnswer(server);
  goAwayAfterSave(server);
  store.apply({ upsert: [square("a", 5)], state: "reviewed", covered: [[0, 0, 9, 0, 9, 9]] });
  await autosave.flush(5);
  store.apply({ upsert: [square("a", 6)], state: "draft", covered: [] });
  server.before = null;
  assert.ok(await autosave.flush());
  assert.deepEqual([server.state, server.covered, objects(server)], ["draft", [], [square("a", 6)]]);
  assert.deepEqual([store.state, store.covered, autosave.conflicts.value], ["draft", [], []]);
});

test("what is taken back after an answer was lost is taken back on the server too", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  loseAnswer(server);
  goAwayAfterSave(server);
  store.apply({ upsert: [square("a", 5), square("b")] });
  await autosave.flush(5);
  store.undo();
  server.before = null;
  assert.ok(await autosave.flush());
  assert.deepEqual([objects(server), objects(store)], [[square("a")], [square("a")]]);
});

test("somebody else's change of another object comes in, and both are kept", async () => {
  const server = new FakeServer(annotation({ objects: [square("a"), square("b")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("b", 9), square("c")], removed: [] });
  store.apply({ upsert: [square("a", 5)] });
  await autosave.flush();
  assert.equal(autosave.state.value, "saved");
  assert.deepEqual(objects(store), [square("a", 5), square("b", 9), square("c")]);
  assert.deepEqual(objects(server), objects(store));
});

test("two who remove the same object see what else the other one did", async () => {
  const server = new FakeServer(annotation({ objects: [square("a"), square("b")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("b", 9)], removed: ["a"] });
  store.apply({ upsert: [], removed: ["a"] });
  await autosave.flush();
  assert.deepEqual(objects(store), [square("b", 9)]);
});

test("the same object changed by two is a conflict that keeps nothing else back", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("a", 9)], removed: [] });
  store.apply({ upsert: [square("a", 5), square("b")] });
  await autosave.flush();
  assert.equal(autosave.state.value, "conflict");
  assert.deepEqual(autosave.conflicts.value, [{ id: "a", mine: square("a", 5), theirs: square("a", 9) }]);
  assert.deepEqual(objects(server), [square("a", 9), square("b")]);
  assert.deepEqual(store.get("a"), square("a", 5));
});

for (const [choice, kept] of /** @type {const} */ ([
  ["mine", 5],
  ["theirs", 9],
])) {
  test(`a conflict is settled by keeping ${choice}`, async () => {
    const server = new FakeServer(annotation({ objects: [square("a")] }));
    const { store, autosave } = page(server);
    server.write({ upsert: [square("a", 9)], removed: [] });
    store.apply({ upsert: [square("a", 5)] });
    await autosave.flush();
    autosave.resolve("a", choice);
    assert.ok(await autosave.flush());
    assert.equal(autosave.state.value, "saved");
    assert.deepEqual([objects(server), objects(store)], [[square("a", kept)], [square("a", kept)]]);
  });
}

test("a conflict is settled by keeping both, mine under a new id", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("a", 9)], removed: [] });
  store.apply({ upsert: [square("a", 5)] });
  await autosave.flush();
  autosave.resolve("a", "both");
  assert.ok(await autosave.flush());
  assert.deepEqual(objects(server), objects(store));
  assert.deepEqual(
    objects(server)
      .map(({ shape }) => shape[0][0][0])
      .sort(),
    [5, 9],
  );
});

test("what one removed and the other changed is a conflict too", async () => {
  const server = new FakeServer(annotation({ objects: [square("a"), square("b")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("a", 9)], removed: ["b"] });
  store.apply({ upsert: [square("b", 5)], removed: ["a"] });
  await autosave.flush();
  const clashes = new Map(autosave.conflicts.value.map((clash) => [clash.id, clash]));
  assert.deepEqual([clashes.get("a")?.mine, clashes.get("b")?.theirs], [null, null]);
  autosave.resolve("a", "both");
  autosave.resolve("b", "both");
  assert.ok(await autosave.flush());
  assert.deepEqual(objects(server), [square("a", 9), square("b", 5)]);
  assert.deepEqual(objects(store), objects(server));
});

test("a clashing object that is changed on is still one conflict, with the newest of both", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  server.write({ upsert: [square("a", 9)], removed: [] });
  store.apply({ upsert: [square("a", 5)] });
  await autosave.flush();
  store.apply({ upsert: [square("a", 6)] });
  server.write({ upsert: [square("a", 10)], removed: [] });
  await autosave.sync();
  assert.deepEqual(autosave.conflicts.value, [{ id: "a", mine: square("a", 6), theirs: square("a", 10) }]);
});

test("areas of two people are united, and the state that is further stays", async () => {
  const [seen, mine, theirs] = [0, 20, 40].map((x) => [x, 0, x + 9, 0, x + 9, 9]);
  const server = new FakeServer(annotation({ covered: [seen] }));
  const { store, autosave } = page(server);
  server.write({ covered: [seen, theirs], state: "reviewed" });
  store.apply({ covered: [seen, mine], state: "draft", upsert: [square("a")] });
  await autosave.flush();
  assert.deepEqual(server.covered, [seen, theirs, mine]);
  assert.deepEqual([server.state, store.state, store.covered], ["reviewed", "reviewed", server.covered]);
});

test("what the server refuses is said and kept, and keeps nothing else back", async () => {
  const shelf = new MemoryShelf();
  const server = new FakeServer(annotation());
  server.before = ({ upsert }) => {
    if (upsert.some(({ label }) => label === "gone")) throw new ApiError(400, { message: "no class gone" });
  };
  const { store, autosave } = page(server, tab(shelf, "t1"));
  const many = Array.from({ length: 20 }, (_, n) => square(`o${n}`));
  store.apply({ upsert: [...many, square("bad", 0, { label: "gone" })], state: "reviewed" });
  await autosave.flush();
  assert.equal(server.objects.size, 20);
  assert.deepEqual([autosave.state.value, server.state], ["refused", "reviewed"]);
  assert.match(autosave.text.value, /no class gone.*1 object kept/);
  assert.deepEqual(
    (await shelf.all("p")).map(({ change }) => change.upsert.map(({ id }) => id)),
    [["bad"]],
  );
  store.apply({ upsert: [square("bad", 0, { label: "cell" })] });
  assert.ok(await autosave.flush());
  await settle();
  assert.deepEqual([server.objects.size, autosave.state.value, await shelf.all("p")], [21, "saved", []]);
});

test("what was made good while it was on the way is not tried again as it was", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  const { store, autosave } = page(server);
  server.before = ({ upsert }) => {
    if (upsert[0]?.shape[0][0][0] !== 5) return;
    store.apply({ upsert: [square("a", 6)] });
    throw new ApiError(422, { message: "no" });
  };
  store.apply({ upsert: [square("a", 5)] });
  assert.ok(await autosave.flush());
  assert.deepEqual([autosave.state.value, objects(server)], ["saved", [square("a", 6)]]);
});

test("a conflict that cannot be found is no reason to ask without a pause", async () => {
  const server = new FakeServer(annotation());
  let asked = 0;
  server.save = async () => {
    asked += 1;
    throw new ApiError(409, { message: "stopped" });
  };
  const { store, autosave } = page(server);
  store.apply({ upsert: [square("a")] });
  await autosave.flush(100);
  autosave.close();
  assert.ok(asked < 20, `${asked}`);
  assert.ok(autosave.isUnsaved);
});

test("what was refused can be given up: the page shows what the server has", async () => {
  const server = new FakeServer(annotation({ objects: [square("a")] }));
  server.before = ({ upsert }) => {
    if (upsert.length) throw new ApiError(422, { message: "no" });
  };
  const { store, autosave } = page(server);
  store.apply({ upsert: [square("a", 5), square("b")] });
  await autosave.flush();
  assert.equal(autosave.state.value, "refused");
  autosave.giveUp();
  assert.deepEqual([autosave.state.value, objects(store), autosave.isUnsaved], ["saved", [square("a")], false]);
});

test("what a tab that died left unsent comes back in the next one", async () => {
  const shelf = new MemoryShelf();
  const server = new FakeServer(annotation({ objects: [square("a"), square("b"), square("c")] }));
  const first = page(server, tab(shelf, "t1"));
  server.before = () => {
    throw AWAY;
  };
  first.store.apply({ upsert: [square("a", 5), square("b", 5), square("new")], removed: ["c"] });
  await settle();
  first.autosave.close();
  server.before = null;
  server.write({ upsert: [square("b", 9)] });

  const living = page(server, tab(shelf, "t2", ["t1", "t2"]));
  assert.equal(await living.autosave.recover(), 0);
  const second = page(server, tab(shelf, "t3"));
  assert.equal(await second.autosave.recover(), 4);
  await second.autosave.flush();
  assert.deepEqual(second.autosave.conflicts.value, [{ id: "b", mine: square("b", 5), theirs: square("b", 9) }]);
  assert.deepEqual(objects(server), [square("a", 5), square("b", 9), square("new")]);
  second.autosave.resolve("b", "mine");
  await second.autosave.flush();
  await settle();
  assert.deepEqual(await shelf.all("p"), []);
});

test("of two closed tabs that changed the same object neither is lost", async () => {
  for (const [choice, x] of /** @type {const} */ ([
    ["mine", 7],
    ["theirs", 5],
  ])) {
    const shelf = new MemoryShelf();
    const server = new FakeServer(annotation({ objects: [square("a")] }));
    server.before = () => {
      throw AWAY;
    };
    for (const [name, at] of /** @type {const} */ ([
      ["t1", 5],
      ["t2", 7],
    ])) {
      const { store, autosave } = page(server, tab(shelf, name));
      store.apply({ upsert: [square("a", at)] });
      await settle();
      autosave.close();
    }
    server.before = null;
    const { store, autosave } = page(server, tab(shelf, "t3"));
    await autosave.recover();
    autosave.resolve("a", choice);
    assert.ok(await autosave.flush());
    assert.deepEqual([objects(server), objects(store)], [[square("a", x)], [square("a", x)]]);
  }
});

test("who was left keeps nothing in the place of who came after", async () => {
  const shelf = new MemoryShelf();
  const server = new FakeServer(annotation());
  const journal = tab(shelf, "t1");
  /** @type {() => void} */
  let answer = () => {};
  const slow = new Promise((resolve) => (answer = () => resolve(null)));
  const save = server.save.bind(server);
  server.save = async (body) => (await slow, save(body));
  const old = page(server, journal);
  old.store.apply({ upsert: [square("a")] });
  await old.autosave.flush(5);
  old.autosave.close();
  const young = page(server, journal);
  assert.equal(await young.autosave.recover(), 1);
  young.store.apply({ upsert: [square("b")] });
  await settle();
  const entries = await shelf.all("p");
  answer();
  await old.autosave.flush();
  assert.deepEqual(
    entries.map(({ change }) => change.upsert.map(({ id }) => id)),
    [["a", "b"]],
  );
  assert.ok(await young.autosave.flush());
  await settle();
  assert.deepEqual([objects(server), await shelf.all("p")], [[square("a"), square("b")], []]);
});

test("a browser that cannot say what was left does not keep an image from being opened", async () => {
  const shelf = new MemoryShelf();
  shelf.all = () => Promise.reject(new Error("the storage is gone"));
  const { store, autosave } = page(new FakeServer(annotation()), tab(shelf, "t1"));
  assert.equal(await autosave.recover(), 0);
  store.apply({ upsert: [square("a")] });
  assert.ok(await autosave.flush());
});

test("a browser that keeps nothing more does not keep an image from being opened either, and forgets nothing", async () => {
  const shelf = new MemoryShelf();
  const server = new FakeServer(annotation());
  server.before = () => {
    throw AWAY;
  };
  const first = page(server, tab(shelf, "t1"));
  first.store.apply({ upsert: [square("a")] });
  await settle();
  first.autosave.close();
  shelf.put = () => Promise.reject(new Error("the disk is full"));
  const second = page(server, tab(shelf, "t2"));
  assert.equal(await second.autosave.recover(), 1);
  assert.deepEqual([objects(second.store), (await shelf.all("p")).length], [[square("a")], 1]);
  second.autosave.close();
});

test("what the server took without our hearing of it is not sent again", async () => {
  const shelf = new MemoryShelf();
  const server = new FakeServer(annotation());
  const first = page(server, tab(shelf, "t1"));
  server.after = () => {
    throw AWAY;
  };
  first.store.apply({ upsert: [square("a")], state: "reviewed", covered: [[0, 0, 9, 0, 9, 9]] });
  await settle(3);
  first.autosave.close();
  server.after = null;
  const saves = server.saves.length;
  const second = page(server, tab(shelf, "t2"));
  await second.autosave.recover();
  assert.ok(await second.autosave.flush());
  assert.deepEqual([server.saves.length - saves, server.revision, await shelf.all("p")], [0, 1, []]);
});

/**
 * Send and read everything, again and again; every conflict is decided for one's own.
 * @param {ReturnType<typeof page>[]} pages
 * @param {number} rounds
 */
async function settleConflicts(pages, rounds) {
  for (let n = 0; n < rounds; n++) {
    for (const { autosave } of pages) {
      for (const { id } of autosave.conflicts.value) autosave.resolve(id, "mine");
      await autosave.flush();
      await autosave.sync();
    }
  }
}

test("two people who change things at random, with a bad line, end with the same", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const chance = random(seed);
    const server = new FakeServer(annotation({ objects: Array.from({ length: 8 }, (_, n) => square(`o${n}`)) }));
    const fail = () => {
      if (chance(4) === 0) throw chance(2) ? AWAY : new ApiError(503, { message: "starting" });
    };
    server.before = server.after = fail;
    const pages = [page(server), page(server)];
    for (let n = 0; n < 40; n++) {
      const { store, autosave } = pages[chance(2)];
      store.apply({
        upsert: [square(`o${chance(12)}`, 1 + chance(1000))],
        removed: chance(5) ? [] : [`o${chance(12)}`],
      });
      if (chance(6) === 0) store.undo();
      if (chance(3) === 0) await settle(chance(4));
      for (const { id } of autosave.conflicts.value) autosave.resolve(id, chance(2) ? "mine" : "theirs");
    }
    server.before = server.after = null;
    await settleConflicts(pages, 12);
    for (const { store, autosave } of pages) {
      assert.equal(autosave.state.value, "saved");
      assert.deepEqual(objects(store), objects(server));
      autosave.close();
    }
  }
});

test("what one drew and nobody touched is there in the end, whatever fails and whichever tab dies", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const chance = random(seed);
    const server = new FakeServer(annotation({ objects: [square("o0"), square("o1")] }));
    server.before = server.after = () => {
      if (chance(4) === 0) throw chance(3) ? AWAY : new ApiError(503, { message: "starting" });
    };
    const shelf = new MemoryShelf();
    /** @type {string[]} */
    const open = [];
    const opened = async () => {
      const own = `t${open.push("")}`;
      open[open.length - 1] = own;
      const made = { own, ...page(server, tab(shelf, own, open)) };
      await made.autosave.recover();
      return made;
    };
    const pages = [await opened(), await opened()];
    for (let n = 0; n < 30; n++) {
      const which = chance(2);
      const { own, store, autosave } = pages[which];
      const wish = { upsert: [square(`o${chance(6)}`, chance(1000))], removed: chance(4) ? [] : [`o${chance(6)}`] };
      const isChange = touched(store.apply(wish)).length > 0; // undo would take back what was drawn before, else
      if (chance(4) === 0 && isChange) store.undo();
      store.apply({ upsert: [square(`new ${n}`, n)] });
      await settle(chance(5));
      for (const { id } of autosave.conflicts.value)
        autosave.resolve(id, /** @type {const} */ (["mine", "theirs", "both"])[chance(3)]);
      if (chance(8)) continue;
      await settle(20);
      autosave.close();
      open[open.indexOf(own)] = "";
      pages[which] = await opened();
    }
    server.before = server.after = null;
    await settleConflicts(pages, 8);
    await settle();
    for (let n = 0; n < 30; n++)
      assert.deepEqual(server.objects.get(`new ${n}`), square(`new ${n}`, n), `seed ${seed}`);
    for (const { store } of pages) assert.deepEqual(objects(store), objects(server), `seed ${seed}`);
    assert.deepEqual(await shelf.all("p"), [], `seed ${seed}`);
    for (const { autosave } of pages) autosave.close();
  }
});

test("what was left on images that nobody opens is sent too; what clashes waits there", async () => {
  const shelf = new MemoryShelf();
  const servers = new Map(
    ["v1", "v2", "v3"].map((view) => [view, new FakeServer(annotation({ view, objects: [square("a")] }))]),
  );
  for (const server of servers.values()) {
    const { store, autosave } = page(server, tab(shelf, `dead ${server.view}`));
    server.before = () => {
      throw AWAY;
    };
    store.apply({ upsert: [square("a", 5)] });
    await settle(5);
    autosave.close();
    server.before = null;
  }
  servers.get("v2")?.write({ upsert: [square("a", 9)] });
  const serverFor = (/** @type {string} */ view) => servers.get(view) ?? assert.fail(view);
  const journal = tab(shelf, "t");
  const result = await sendLeftovers(journal, "human:ann", () => "v3", serverFor);
  assert.deepEqual(result, { sent: ["v1"], kept: ["v2"] });
  assert.deepEqual(
    [...servers.values()].map((server) => objects(server)[0].shape[0][0][0]),
    [5, 9, 0],
  );
  assert.deepEqual((await journal.views()).sort(), ["v2", "v3"]);
  const opened = page(serverFor("v2"), journal);
  await opened.autosave.recover();
  assert.deepEqual(
    opened.autosave.conflicts.value.map(({ id }) => id),
    ["a"],
  );
});
