import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_DISPLAY } from "../../../src/annelid/web/view/display_options.js";
import { labelOf } from "../../../src/annelid/web/view/labels.js";
import { Styles } from "../../../src/annelid/web/view/object_style.js";
import { colorsOf, css, rgbOf } from "../../../src/annelid/web/view/palette.js";
import { isPartlyCovered } from "../../../src/annelid/web/view/veil.js";

/** @typedef {import("../../../src/annelid/web/types.js").ImageObject} ImageObject */

/** @type {ImageObject} */
const nucleus = {
  id: "0123456789",
  label: "nucleus",
  kind: "polygon",
  shape: [],
  params: null,
  score: 0.873,
  author: "model:cells@v2",
  origin: "",
  parent: "",
  ignore: false,
  extra: {},
};
const plain = { selected: false, locked: false, ignored: false, proposed: false, small: false, point: false };

test("an object has the colour of its class; one of an unknown class is grey", () => {
  const colorOf = colorsOf("class", [{ name: "nucleus", color: "#102030", count: 3 }]);
  assert.deepEqual(colorOf(nucleus), [0x10, 0x20, 0x30]);
  const [r, g, b] = colorOf({ ...nucleus, label: "else" });
  assert.ok(r === g && g === b);
});

test("by score, a sure object is brighter than an unsure one, and a person's is grey", () => {
  const colorOf = colorsOf("score", []);
  const sum = (/** @type {number | null} */ score) => colorOf({ ...nucleus, score }).reduce((a, c) => a + c, 0);
  assert.ok(sum(0) < sum(0.5) && sum(0.5) < sum(1));
  assert.deepEqual(colorOf({ ...nucleus, score: 7 }), colorOf({ ...nucleus, score: 1 }));
  assert.equal(new Set(colorOf({ ...nucleus, score: null })).size, 1);
});

test("by object and by author, equal things have equal colours and others mostly do not", () => {
  for (const by of /** @type {const} */ (["object", "author"])) {
    const colorOf = colorsOf(by, []);
    const colors = Array.from({ length: 50 }, (_, n) => css(colorOf({ ...nucleus, id: `o${n}`, author: `a${n}` })));
    assert.ok(new Set(colors).size > 4);
    assert.deepEqual(colorOf(nucleus), colorOf({ ...nucleus }));
  }
});

test("equal appearances have one style, and each mark of a state is seen", () => {
  const styles = new Styles(DEFAULT_DISPLAY, 1);
  const color = rgbOf("#e69f00");
  const base = styles.of({ ...plain, color });
  assert.equal(styles.of({ ...plain, color: rgbOf("#e69f00") }), base);
  assert.ok(styles.of({ ...plain, color, proposed: true }).dash.length > 0);
  assert.ok(styles.of({ ...plain, color, ignored: true }).hatched);
  assert.ok(styles.of({ ...plain, color, selected: true }).rank > base.rank);
  assert.ok(styles.of({ ...plain, color, selected: true }).casing);
  assert.notEqual(styles.of({ ...plain, color, locked: true }).color, base.color);
  assert.equal(styles.of({ ...plain, color, small: true }).width, 1);
});

test("a label says what was asked for, and the score only where there is one", () => {
  const options = { ...DEFAULT_DISPLAY, showClass: true, showScore: true, showId: true };
  assert.equal(labelOf(nucleus, options), "nucleus 0.87 012345");
  assert.equal(labelOf({ ...nucleus, score: null }, DEFAULT_DISPLAY), "");
});

test("the veil lies over images of which a part is complete, not over all and not over nothing", () => {
  const whole = [0, 0, 100, 0, 100, 50, 0, 50];
  assert.ok(!isPartlyCovered([], [100, 50]));
  assert.ok(!isPartlyCovered([whole], [100, 50]));
  assert.ok(!isPartlyCovered([[...whole.slice(4), ...whole.slice(0, 4)]], [100, 50]));
  assert.ok(isPartlyCovered([whole], [120, 50]));
  assert.ok(isPartlyCovered([[0, 0, 100, 0, 100, 50]], [100, 50]));
});
