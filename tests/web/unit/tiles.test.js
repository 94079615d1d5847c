import assert from "node:assert/strict";
import test from "node:test";
import { ancestor, boxOf, levelFor, onDevice, tilesIn } from "../../../src/annelid/web/core/tile_grid.js";
import { drawList } from "../../../src/annelid/web/view/draw_list.js";
import { Tiles } from "../../../src/annelid/web/view/tiles.js";

/** @type {import("../../../src/annelid/web/core/tile_grid.js").Grid} */
const GRID = {
  size_wh: [1500, 1100],
  tile: 512,
  levels: [
    [1500, 1100],
    [750, 550],
    [375, 275],
  ],
};

test("the level has a pixel for each pixel of the screen, if there is one", () => {
  assert.deepEqual(
    [4, 1, 0.6, 0.5, 0.3, 0.25, 0.001].map((scale) => levelFor(scale, 3)),
    [0, 0, 0, 1, 1, 2, 2],
  );
});

test("the tiles in sight come from the middle outwards", () => {
  const found = tilesIn(GRID, 0, [0, 0, 1500, 1100]);
  assert.equal(found.length, 9);
  assert.deepEqual(found[0], { level: 0, x: 1, y: 1 });
  assert.deepEqual(tilesIn(GRID, 0, [600, 0, 700, 100]), [{ level: 0, x: 1, y: 0 }]);
  assert.deepEqual(tilesIn(GRID, 0, [600, 0, 600, 100]), []);
});

test("tiles cover the image without a gap", () => {
  for (const level of [0, 1, 2]) {
    const area = tilesIn(GRID, level, [0, 0, 1500, 1100])
      .map((place) => boxOf(GRID, place))
      .reduce((sum, [x1, y1, x2, y2]) => sum + (x2 - x1) * (y2 - y1), 0);
    assert.equal(area, 1500 * 1100);
  }
});

test("neighbours share their edge on the screen at any scale", () => {
  for (const scale of [0.123, 0.77, 1.9, 13.7]) {
    const transform = { scale, x: 0.3, y: -7.7 };
    const left = onDevice(boxOf(GRID, { level: 0, x: 0, y: 0 }), transform, 1.5);
    const right = onDevice(boxOf(GRID, { level: 0, x: 1, y: 0 }), transform, 1.5);
    assert.equal(left[2], right[0]);
  }
});

test("a tile that is not there is drawn from its part of a coarser one", () => {
  const coarse = { key: "", width: 375, height: 275, planes: new Map() };
  const place = { level: 0, x: 1, y: 0 };
  assert.deepEqual(ancestor(place, 2), { level: 2, x: 0, y: 0 });
  const pieces = drawList(GRID, [place], { scale: 1, x: 0, y: 0 }, { width: 800, height: 600, ratio: 1 }, (at) =>
    at.level === 2 ? coarse : undefined,
  );
  assert.deepEqual(pieces, [{ tile: coarse, source: [128, 0, 256, 128], target: [512, 0, 1024, 512], smooth: true }]);
});

/** A server whose answers are given one by one. */
function desk() {
  /** @type {{place: any, channels: number[], signal: AbortSignal, answer: () => void, refuse: (error: Error) => void}[]} */
  const asked = [];
  const fetch = (/** @type {any} */ place, /** @type {number[]} */ channels, /** @type {AbortSignal} */ signal) =>
    new Promise((resolve, reject) => {
      const planes = new Map(channels.map((channel) => [channel, new Uint8Array(100)]));
      asked.push({ place, channels, signal, answer: () => resolve({ width: 10, height: 10, planes }), refuse: reject });
      signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
  const wish = (/** @type {number} */ x, channels = [0]) => ({
    key: `k${x}`,
    place: { level: 0, x, y: 0 },
    channels,
    fetch,
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { asked, wish, settled };
}

const quiet = { loaded: () => {}, failed: () => {} };

test("four tiles are asked for at once, the most urgent first", async () => {
  const { asked, wish, settled } = desk();
  const tiles = new Tiles(quiet);
  tiles.want([3, 1, 2, 5, 4, 6].map((x) => wish(x)));
  assert.deepEqual(
    asked.map((one) => one.place.x),
    [3, 1, 2, 5],
  );
  asked[0].answer();
  await settled();
  assert.deepEqual(
    asked.map((one) => one.place.x),
    [3, 1, 2, 5, 4],
  );
  assert.ok(tiles.get("k3"));
});

test("a tile that is wanted twice is asked for once", () => {
  const { asked, wish } = desk();
  new Tiles(quiet).want([wish(1), wish(1), wish(2), wish(1)]);
  assert.deepEqual(
    asked.map((one) => one.place.x),
    [1, 2],
  );
});

test("what is not wanted any more is given up, and can be wanted again", async () => {
  const { asked, wish, settled } = desk();
  const tiles = new Tiles(quiet);
  tiles.want([wish(1), wish(2)]);
  tiles.want([wish(2)]);
  assert.deepEqual(
    asked.map((one) => one.signal.aborted),
    [true, false],
  );
  tiles.want([wish(1), wish(2)]);
  assert.equal(asked.length, 3);
  asked[2].answer();
  await settled();
  assert.ok(tiles.get("k1"));
});

test("a channel that is shown later is asked for alone", async () => {
  const { asked, wish, settled } = desk();
  const tiles = new Tiles(quiet);
  tiles.want([wish(1, [0, 2])]);
  asked[0].answer();
  await settled();
  tiles.want([wish(1, [0, 1, 2])]);
  assert.deepEqual(asked[1].channels, [1]);
  asked[1].answer();
  await settled();
  assert.deepEqual([...(tiles.get("k1")?.planes.keys() ?? [])], [0, 2, 1]);
});

test("a tile of which only a part came is shown and asked for again", async () => {
  const { asked, wish, settled } = desk();
  const tiles = new Tiles(quiet, 1000);
  tiles.want([{ ...wish(1), fetch: async () => ({ width: 10, height: 10, planes: new Map(), isPartial: true }) }]);
  await settled();
  assert.ok(tiles.get("k1"));
  tiles.want([wish(1)]);
  asked[0].answer();
  await settled();
  tiles.want([wish(1)]);
  assert.equal(asked.length, 1);
});

test("tiles that were not used for longest make room", async () => {
  const { asked, wish, settled } = desk();
  const tiles = new Tiles(quiet, 250);
  for (const x of [1, 2]) tiles.want([wish(x)]);
  tiles.want([wish(1), wish(2)]);
  for (const one of asked) one.answer();
  await settled();
  tiles.get("k1");
  tiles.want([wish(3)]);
  asked.at(-1)?.answer();
  await settled();
  assert.ok(tiles.get("k1") && tiles.get("k3"));
  assert.equal(tiles.get("k2"), undefined);
});

test("what the server refuses is told once and not asked for again", async () => {
  const { asked, wish, settled } = desk();
  /** @type {string[]} */
  const told = [];
  const tiles = new Tiles({ loaded: () => {}, failed: (error) => told.push(error.message) });
  tiles.want([wish(1)]);
  asked[0].refuse(Object.assign(new Error("damaged"), { status: 422 }));
  await settled();
  tiles.want([wish(1)]);
  assert.deepEqual([told, asked.length], [["damaged"], 1]);
});
