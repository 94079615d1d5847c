import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EVERYTHING,
  choices,
  chosen,
  folders,
  inOrderOf,
  planeOf,
  progress,
} from "../../../src/annelid/web/core/image_list.js";
import { within } from "./quick.js";

/**
 * @param {string} name
 * @param {object} [more]
 * @returns {any}
 */
const view = (name, more = {}) => ({
  id: name,
  name,
  path: `set/${name}`,
  group: name,
  state: "new",
  plane: { t: 0, z: 0, scene: 0, projection: "" },
  planes: [1, 1],
  n_objects: 0,
  counts: {},
  proposals: 0,
  certainty: null,
  part: "",
  revision: 0,
  ...more,
});
const ids = (/** @type {any[]} */ views) => views.map(({ id }) => id);

test("names are ordered as people count", () => {
  const views = ["a10.tif", "a2.tif", "B1.tif", "a1.tif"].map((name) => view(name));
  assert.deepEqual(ids(chosen(views, EVERYTHING)), ["a1.tif", "a2.tif", "a10.tif", "B1.tif"]);
  assert.deepEqual(ids(views), ["a10.tif", "a2.tif", "B1.tif", "a1.tif"]);
});

test("the least certain come first, those without proposals last", () => {
  const views = [view("a"), view("b", { certainty: 0.9 }), view("c", { certainty: 0.2 })];
  assert.deepEqual(ids(chosen(views, { ...EVERYTHING, order: "uncertain" })), ["c", "b", "a"]);
});

test("what was changed last comes first", () => {
  const views = [
    view("a", { changed: "2026-01-01T10:00:00" }),
    view("b", { changed: "2026-01-02T10:00:00" }),
    view("c", { revision: 3 }),
  ];
  assert.deepEqual(ids(chosen(views, { ...EVERYTHING, order: "changed" })), ["b", "a", "c"]);
});

test("every word of a search has to be found, in whatever capitals", () => {
  const views = [view("Nuclei_day1.tif"), view("nuclei_day2.tif"), view("yeast_day1.tif")];
  assert.deepEqual(ids(chosen(views, { ...EVERYTHING, text: "  DAY1 nuc" })), ["Nuclei_day1.tif"]);
});

test("filters hold together", () => {
  const views = [
    view("a", { state: "reviewed", counts: { cell: 2 }, part: "val", group: "g" }),
    view("b", { state: "draft", counts: { cell: 1 }, proposals: 1, group: "g" }),
    view("c"),
  ];
  const fit = (/** @type {object} */ part) => ids(chosen(views, { ...EVERYTHING, ...part }));
  assert.deepEqual(fit({ state: "reviewed" }), ["a"]);
  assert.deepEqual(fit({ state: "open" }), ["b"]);
  assert.deepEqual(fit({ label: "cell" }), ["a", "b"]);
  assert.deepEqual(fit({ part: "none" }), ["b", "c"]);
  assert.deepEqual(fit({ group: "g", part: "val" }), ["a"]);
});

test("progress counts images, objects and proposals", () => {
  const views = [
    view("a", { state: "reviewed", n_objects: 3 }),
    view("b", { state: "draft", n_objects: 2, proposals: 2 }),
    view("c"),
  ];
  assert.deepEqual(progress(views), { images: 3, reviewed: 1, draft: 1, objects: 5, proposals: 2 });
});

test("filters offer what there is", () => {
  const views = [
    view("a", { group: "w2", part: "val" }),
    view("b", { group: "w10", part: "train" }),
    view("c", { group: "w2" }),
  ];
  assert.deepEqual(choices(views), { groups: ["w2", "w10"], parts: ["train", "val"] });
});

test("a plane is named only where the file has several", () => {
  assert.equal(planeOf(view("a")), "");
  assert.equal(planeOf(view("a", { planes: [3, 5], plane: { t: 1, z: 2, scene: 0, projection: "" } })), "t 1, z 2");
  assert.equal(
    planeOf(view("a", { planes: [1, 5], plane: { t: 0, z: 0, scene: 2, projection: "max" } })),
    "scene 2, max of z",
  );
});

test("images of the same name are told apart by the folder in which they differ", () => {
  const of = (/** @type {string[]} */ paths) =>
    folders(paths.map((path) => view(path.split("/").pop() ?? "", { path })));
  assert.deepEqual(
    [...of(["set/w1/images/1.tif", "set/w2/images/1.tif", "set/w1/images/2.tif"]).values()],
    ["w1", "w2"],
  );
  assert.deepEqual([...of(["a/1.tif", "1.tif"]).values()], ["a", ""]);
  assert.equal(of(["a/1.tif", "a/1.tif"]).size, 0);
});

test("5,000 images are sorted and filtered within a frame or two", () => {
  const views = Array.from({ length: 5000 }, (_, n) => view(`image_${(n * 7919) % 5000}.tif`, { n_objects: n % 97 }));
  chosen(views, EVERYTHING);
  within(200, () => chosen(views, { ...EVERYTHING, text: "image" }));
});

test("images that came since the list was left are gone through behind it, what was filtered out is not", () => {
  const views = ["d", "c", "b", "a"].map((name) => view(name));
  const ids = (/** @type {string} */ open, list = ["c", "a"], unlisted = ["b"]) =>
    inOrderOf(views, list, unlisted, open).map(({ id }) => id);
  assert.deepEqual(ids("a"), ["c", "a", "d"]);
  assert.deepEqual(ids("b"), ["a", "b", "c", "d"]);
});
