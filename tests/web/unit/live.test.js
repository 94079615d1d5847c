import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../../src/annelid/web/core/live.js";

/** An event stream in the hand of the test. */
class FakeSource extends EventTarget {
  constructor() {
    super();
    this.readyState = 0;
  }

  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {number} readyState 0: the browser tries again; 2: it gave up */
  fail(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }

  /**
   * @param {string} name
   * @param {unknown} data
   */
  send(name, data) {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data) }));
  }

  close() {
    this.readyState = 2;
  }
}

/** A Live and the streams that it opened. */
function listening() {
  /** @type {FakeSource[]} */
  const sources = [];
  const live = new Live("api/live", () => {
    sources.push(new FakeSource());
    return /** @type {any} */ (sources[sources.length - 1]);
  });
  return { live, sources };
}

test("events go to those who listen to their name, until they stop", () => {
  const { live, sources } = listening();
  /** @type {unknown[]} */
  const heard = [];
  const off = live.on("view", (data) => heard.push(data));
  sources[0].open();
  sources[0].send("view", { id: "v", revision: 3 });
  sources[0].send("job", { id: 1 });
  off();
  sources[0].send("view", { id: "v", revision: 4 });
  assert.deepEqual(heard, [{ id: "v", revision: 3 }]);
  live.close();
});

test("a cut is said, and that it is over", () => {
  const { live, sources } = listening();
  /** @type {boolean[]} */
  const heard = [];
  live.connected.subscribe((value) => heard.push(value));
  sources[0].open();
  sources[0].fail(0);
  sources[0].open();
  assert.deepEqual(heard, [true, false, true]);
  assert.equal(sources.length, 1);
  live.close();
});

test("where the browser gave up another stream is opened, and the listeners stay", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, sources } = listening();
  let heard = 0;
  live.on("hello", () => (heard += 1));
  sources[0].fail(2);
  context.mock.timers.tick(1000);
  sources[1].fail(2);
  context.mock.timers.tick(1000);
  assert.equal(sources.length, 2);
  context.mock.timers.tick(1000);
  sources[2].open();
  sources[2].send("hello", {});
  assert.deepEqual([heard, live.connected.value], [1, true]);
  live.close();
});
