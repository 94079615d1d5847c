import assert from "node:assert/strict";
import { test } from "node:test";

import { Signal } from "../../../src/annelid/web/signal.js";

test("a new value is told, the same value is not", () => {
  const signal = new Signal(1);
  /** @type {number[]} */
  const heard = [];
  signal.subscribe((value) => heard.push(value));
  signal.value = 2;
  signal.value = 2;
  signal.value = 3;
  assert.deepEqual(heard, [2, 3]);
});

test("who stopped listening hears nothing more", () => {
  const signal = new Signal("a");
  /** @type {string[]} */
  const heard = [];
  const stop = signal.subscribe((value) => heard.push(value));
  signal.value = "b";
  stop();
  signal.value = "c";
  assert.deepEqual(heard, ["b"]);
});
