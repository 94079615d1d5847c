import assert from "node:assert/strict";
import { test } from "node:test";
import { Actions, keyName } from "../../../src/annelid/web/actions.js";

const press = (/** @type {object} */ given) =>
  /** @type {KeyboardEvent} */ (
    /** @type {unknown} */ ({
      key: "",
      code: "",
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      shiftKey: false,
      target: null,
      preventDefault() {},
      ...given,
    })
  );

test("keys are named as they are listed", () => {
  assert.equal(keyName(press({ key: "b" })), "b");
  assert.equal(keyName(press({ key: "B", shiftKey: true })), "Shift+B");
  assert.equal(keyName(press({ key: "z", ctrlKey: true })), "Ctrl+Z");
  assert.equal(keyName(press({ key: "z", metaKey: true, shiftKey: true })), "Ctrl+Shift+Z");
  assert.equal(keyName(press({ key: "?", shiftKey: true })), "?");
  assert.equal(keyName(press({ key: "+", shiftKey: true })), "+");
  assert.equal(keyName(press({ key: " " })), "Space");
  assert.equal(keyName(press({ key: "ArrowLeft", shiftKey: true })), "Shift+ArrowLeft");
});

test("a letter behind Alt is the one on the key, also where Alt writes another", () => {
  assert.equal(keyName(press({ key: "˙", code: "KeyH", altKey: true })), "Alt+H");
});

test("with Caps Lock a letter is still the letter", () => {
  assert.equal(keyName(press({ key: "B" })), "b");
});

test("two actions cannot have one key", () => {
  const actions = new Actions();
  const action = (/** @type {string} */ id) => ({ id, title: id, group: "", keys: ["q"], run: () => {} });
  actions.add([action("one")]);
  assert.throws(() => actions.add([action("two")]), /one/);
});

test("what cannot be done now leaves the key alone", () => {
  const actions = new Actions();
  /** @type {string[]} */
  const done = [];
  let isPossible = false;
  const leave = actions.add([
    { id: "one", title: "", group: "", keys: ["q"], run: () => void done.push("one"), when: () => isPossible },
  ]);
  globalThis.HTMLElement ??= /** @type {any} */ (class {});
  assert.equal(actions.press(press({ key: "q" })), false);
  isPossible = true;
  assert.equal(actions.press(press({ key: "q" })), true);
  leave();
  assert.equal(actions.press(press({ key: "q" })), false);
  assert.deepEqual(done, ["one"]);
});
