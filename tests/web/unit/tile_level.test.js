import assert from "node:assert/strict";
import { test } from "node:test";

import { SIDE, TileLevel } from "../../../src/annelid/web/view/tile_level.js";

/** What a browser has and node has not, as far as tiles need it. */
class FakeCanvas {
  getContext() {
    return { reset() {} };
  }

  transferToImageBitmap() {
    return { close() {} };
  }
}
Object.assign(globalThis, { OffscreenCanvas: FakeCanvas });

const always = () => true;

test("a level fits its own place, and those that are whole pixels away", () => {
  const level = new TileLevel({ scale: 0.3, x: 10.25, y: -7.5 });
  assert.ok(level.fits({ scale: 0.3, x: 10.25, y: -7.5 }));
  assert.ok(level.fits({ scale: 0.3, x: -99.75, y: 400.5 }));
  assert.ok(!level.fits({ scale: 0.3, x: 10.75, y: -7.5 }));
  assert.ok(!level.fits({ scale: 0.31, x: 10.25, y: -7.5 }));
});

test("where it fits, its cells are squares of whole pixels that tile the screen", () => {
  const level = new TileLevel({ scale: 0.3, x: 10.25, y: -7.5 });
  const place = { scale: 0.3, x: 33.25, y: 20.5 };
  for (const cell of level.cellsIn(place, [0, 0, 1200, 800])) {
    const [x1, y1, x2, y2] = level.boxOf(cell, place);
    assert.deepEqual([x2 - x1, y2 - y1], [SIDE, SIDE]);
    assert.ok([x1, y1].every(Number.isInteger));
  }
});

test("cells cover a box at every scale without a gap, those in the middle first", () => {
  const level = new TileLevel({ scale: 1, x: 0.5, y: 0.25 });
  for (const factor of [0.4, 0.77, 1, 1.9]) {
    const place = { scale: factor, x: 17.3, y: -41.9 };
    const cells = level.cellsIn(place, [0, 0, 1000, 700]);
    const boxes = cells.map((cell) => level.boxOf(cell, place));
    const clipped = boxes.map(([a, b, c, d]) => [Math.max(a, 0), Math.max(b, 0), Math.min(c, 1000), Math.min(d, 700)]);
    assert.equal(
      clipped.reduce((sum, [a, b, c, d]) => sum + (c - a) * (d - b), 0),
      1000 * 700,
    );
    const far = (/** @type {number[]} */ [a, b, c, d]) => Math.abs((a + c) / 2 - 500) + Math.abs((b + d) / 2 - 350);
    assert.ok(far(boxes[0]) <= far(boxes[boxes.length - 1]));
  }
});

test("what changed makes only the tiles stale that it reaches", () => {
  const level = new TileLevel({ scale: 2, x: 0, y: 0 });
  const cells = level.cellsIn({ scale: 2, x: 0, y: 0 }, [0, 0, 4 * SIDE, 3 * SIDE]);
  assert.equal(level.missingOf(cells).length, 12);
  assert.ok(level.make(() => true, cells, always));
  level.stale([10, 10, 20, 20], 8);
  assert.deepEqual(level.staleOf(cells), [{ column: 0, row: 0 }]);
  level.stale([SIDE / 2 - 2, 10, SIDE / 2 - 1, 20], 8);
  assert.equal(level.staleOf(cells).length, 2);
  assert.ok(level.make(() => true, level.staleOf(cells), always));
  assert.deepEqual(level.staleOf(cells), []);
});

test("tiles are told what part of the image they show", () => {
  const level = new TileLevel({ scale: 0.5, x: 0, y: 0 });
  /** @type {unknown[]} */
  const told = [];
  const paint = (/** @type {unknown} */ _context, /** @type {unknown} */ place, /** @type {unknown} */ box) => {
    told.push([place, box]);
    return false;
  };
  level.make(paint, [{ column: 2, row: 1 }], always);
  assert.deepEqual(told, [[{ scale: 0.5, x: -2 * SIDE, y: -SIDE }, [4 * SIDE, 2 * SIDE, 6 * SIDE, 4 * SIDE]]]);
  assert.equal(level.tile({ column: 2, row: 1 })?.bitmap, null, "a tile on which nothing was drawn keeps no pixels");
});

test("one tile is made even when there is no time, the others wait", () => {
  const level = new TileLevel({ scale: 1, x: 0, y: 0 });
  const cells = level.cellsIn({ scale: 1, x: 0, y: 0 }, [0, 0, 2 * SIDE, SIDE]);
  assert.equal(
    level.make(
      () => true,
      cells,
      () => false,
    ),
    false,
  );
  assert.equal(level.missingOf(cells).length, 1);
});

test("tiles far from what is seen are forgotten", () => {
  const level = new TileLevel({ scale: 1, x: 0, y: 0 });
  const cells = Array.from({ length: 9 }, (_, column) => ({ column, row: 0 }));
  level.make(() => true, cells, always);
  level.keepNear([cells[0], cells[1]]);
  assert.deepEqual(cells.filter((cell) => level.tile(cell)).length, 4);
});
