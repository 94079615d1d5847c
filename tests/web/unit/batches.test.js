import assert from "node:assert/strict";
import { test } from "node:test";

import { Batches } from "../../../src/annelid/web/view/batches.js";

const low = { rank: 0, color: "#000", fill: "", hatched: false, width: 1, casing: "", dash: [] };
const high = { ...low, rank: 3 };

/** @param {[number, number, number, number]} box */
function piece(box) {
  return { rings: [], needed: [], box, isBox: false };
}

test("pieces that overlap never share a path: even-odd would make holes of what they share", () => {
  const batches = new Batches();
  for (let i = 0; i < 300; i++) {
    const [x, y] = [(i * 37) % 200, (i * 53) % 200];
    batches.add(low, piece([x, y, x + 20, y + 20]));
  }
  for (const { pieces } of batches.all) {
    pieces.forEach(({ box: a }, n) =>
      pieces.slice(n + 1).forEach(({ box: b }) => assert.ok(a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1])),
    );
  }
  assert.equal(
    batches.all.reduce((sum, { pieces }) => sum + pieces.length, 0),
    300,
  );
});

test("pieces that lie apart go to a path sixteen at a time", () => {
  const batches = new Batches();
  for (let i = 0; i < 40; i++) batches.add(low, piece([i * 10, 0, i * 10 + 5, 5]));
  assert.deepEqual(
    batches.all.map(({ pieces }) => pieces.length),
    [16, 16, 8],
  );
});

test("styles come in the order of their rank", () => {
  const batches = new Batches();
  batches.add(high, piece([0, 0, 1, 1]));
  batches.add(low, piece([5, 5, 6, 6]));
  assert.deepEqual(
    batches.sorted().map(({ style }) => style.rank),
    [0, 3],
  );
});
