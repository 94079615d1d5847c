import assert from "node:assert/strict";
import { test } from "node:test";

import { isJunk, kindOf, newBatch, takeStock } from "../../../src/annelid/web/core/intake.js";

/** @param {string} path */
const given = (path, size = 10) => ({ path, file: /** @type {any} */ ({ size }) });

test("files are sorted by what their names promise", () => {
  const { kinds, bytes } = takeStock(
    ["a.tif", "b.PNG", "x.zarr/0/0", "a.json", "data.yaml", "set.zip", "notes.docx"].map((path) => given(path)),
  );
  assert.deepEqual(kinds, { image: 3, annotation: 2, zip: 1, other: 1 });
  assert.equal(bytes, 70);
});

test("the litter of systems is left out, and counted", () => {
  const { files, junk } = takeStock(
    ["a/.DS_Store", "Thumbs.db", "__MACOSX/a.png", "a/._b.tif", "a/b.tif"].map((path) => given(path)),
  );
  assert.deepEqual(
    files.map(({ path }) => path),
    ["a/b.tif"],
  );
  assert.equal(junk, 4);
});

test("a path that comes twice is the file that came last", () => {
  const { files, bytes } = takeStock([given("a.tif", 1), given("a.tif", 2)]);
  assert.equal(files.length, 1);
  assert.equal(bytes, 2);
});

test("a name that only looks like litter is none", () => {
  assert.equal(isJunk("my.DS_Store.tif"), false);
  assert.equal(kindOf("slide"), "other");
});

test("batches have names of their own that the server takes", () => {
  const names = new Set(Array.from({ length: 50 }, newBatch));
  assert.equal(names.size, 50);
  for (const name of names) assert.match(name, /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/);
});
