import assert from "node:assert/strict";
import { test } from "node:test";
import { common, parsedValue } from "../../../src/annelid/web/core/attributes.js";

test("attributes of several objects: those that differ are said to", () => {
  assert.deepEqual(
    common([
      { stage: "G1", n: 2 },
      { stage: "G2", n: 2 },
    ]),
    [
      { key: "n", text: "2", differs: false },
      { key: "stage", text: "G1", differs: true },
    ],
  );
  assert.deepEqual(common([{ only: true }, {}]), [{ key: "only", text: "true", differs: true }]);
});

test("numbers, truth values and JSON are taken as what they are, all else as text", () => {
  const values = ["12.5", "-3", "true", "false", "null", "[1, 2]", '{"a": 1}', '"12"'];
  assert.deepEqual(values.map(parsedValue), [12.5, -3, true, false, null, [1, 2], { a: 1 }, "12"]);
  const texts = ["G1", "12 cells", "2026-11-21", "[half", "truely", ""];
  assert.deepEqual(texts.map(parsedValue), texts);
});
