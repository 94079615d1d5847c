// Reads cases as JSON from standard input and writes what the page's modules make of them.

import { stdin, stdout } from "node:process";

import { crossesItself } from "../../src/annelid/web/core/crossing.js";
import { ellipseRing, rotatedBoxRing } from "../../src/annelid/web/core/figures.js";
import { shapeArea, shapeBox } from "../../src/annelid/web/core/geometry.js";
import { shapeBitmap } from "../../src/annelid/web/core/raster.js";
import { bitmapShape } from "../../src/annelid/web/core/trace.js";

/** @type {Record<string, (value: any) => unknown>} */
const MADE = {
  mask: ({ shape, window }) => Array.from(shapeBitmap(shape, window).data),
  shape: (bitmap) => bitmapShape({ ...bitmap, data: Uint8Array.from(bitmap.data) }),
  area: shapeArea,
  box: shapeBox,
  crosses: crossesItself,
  ellipse: (params) => ellipseRing(params),
  rotated_box: (params) => rotatedBoxRing(params),
};

let text = "";
for await (const piece of stdin) text += piece;
stdout.write(JSON.stringify(JSON.parse(text).map(([what, value]) => MADE[what](value))));
