import assert from "node:assert/strict";
import { test } from "node:test";

import { deedOf, trainHash, wishesOf, wordsOf } from "../../../src/annelid/web/core/command.js";

test("words keep what is quoted", () => {
  assert.deepEqual(wordsOf("annelid preview 'my image.png' \"b c\" d"), [
    "annelid",
    "preview",
    "my image.png",
    "b c",
    "d",
  ]);
});

test("an advised training becomes the page that starts it, filled in", () => {
  const deed = deedOf("annelid train --model cells@v1 imgsz=640 --epochs 200 lr0=0.01");
  assert.deepEqual(deed, { verb: "train", model: "cells@v1", params: { imgsz: "640", epochs: "200", lr0: "0.01" } });
  assert.deepEqual(wishesOf(trainHash(deed).replace("#/train", "")), {
    options: { model: "cells@v1" },
    params: deed.params,
  });
});

test("other verbs name their model by place or by option", () => {
  assert.equal(deedOf("annelid evaluate cells@v1")?.model, "cells@v1");
  assert.equal(deedOf("annelid propose --model cells@v1")?.model, "cells@v1");
  assert.equal(deedOf("annelid check")?.verb, "check");
});

test("what a page cannot do is no deed", () => {
  for (const command of [
    "annelid import IMAGES",
    "annelid train --data data.yaml",
    "annelid check --fix A102",
    "rm -rf x",
    "",
  ]) {
    assert.equal(deedOf(command), null, command);
  }
});

test("a page without wishes fills nothing in", () => {
  assert.deepEqual(wishesOf(""), { options: {}, params: {} });
});
