import assert from "node:assert/strict";
import test from "node:test";
import { compose, rgbOf, tableOf } from "../../../src/annelid/web/core/lookup.js";

/** @param {Partial<import("../../../src/annelid/web/types.js").Channel>} values */
const channel = (values) => ({ name: "", shown: true, color: "#ffffff", low: 0, high: 255, gamma: 1, ...values });

/**
 * @param {any[]} planes
 * @param {any[]} channels
 * @param {any} dtype
 */
function colours(planes, channels, dtype) {
  const out = new Uint32Array(planes[0].length);
  compose(
    planes,
    channels.map((one) => tableOf(one, dtype)),
    out,
  );
  return [...out].map((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
}

/**
 * What the shader calculates.
 * @param {number[]} values
 * @param {any[]} channels
 */
function exact(values, channels) {
  return [0, 1, 2].map((n) => {
    const sum = channels.reduce((/** @type {number} */ total, one, c) => {
      const part = Math.max(0, Math.min(1, (values[c] - one.low) / (one.high - one.low)));
      return total + part ** one.gamma * rgbOf(one.color)[n];
    }, 0);
    return Math.min(1, sum) * 255;
  });
}

test("a colour picture of 8 bits stays exactly as it is", () => {
  const values = Uint8Array.from({ length: 256 }, (_, n) => n);
  const channels = ["#ff0000", "#00ff00", "#0000ff"].map((color) => channel({ color }));
  const found = colours([values, values.slice().reverse(), values], channels, "uint8");
  found.forEach((color, n) => assert.deepEqual(color, [n, 255 - n, n, 255]));
});

test("range and gamma do what the shader does, within 1 of 255, for many channels at once", () => {
  const settings = [
    channel({ low: 100, high: 9000, gamma: 0.6, color: "#4070ff" }),
    channel({ low: 50, high: 65535, gamma: 2.2, color: "#00e040" }),
    channel({ low: 3000, high: 3100, color: "#ff30ff" }),
    channel({ low: 0, high: 40000, color: "#ffd800" }),
    channel({ low: 0, high: 65535, color: "#00d8ff" }),
    channel({ low: 0, high: 1, color: "#ffffff" }),
  ];
  const planes = settings.map((_, c) => Uint16Array.from({ length: 500 }, (_, n) => (n * 131 * (c + 1)) % 65536));
  for (const count of [1, 3, 6]) {
    colours(planes.slice(0, count), settings.slice(0, count), "uint16").forEach((color, n) => {
      const want = exact(
        planes.slice(0, count).map((plane) => plane[n]),
        settings.slice(0, count),
      );
      want.forEach((part, k) => assert.ok(Math.abs(part - color[k]) <= 1, `${part} and ${color[k]}`));
    });
  }
});

test("eight channels in full colour are white, not something else", () => {
  const planes = Array.from({ length: 8 }, () => Uint8Array.of(255));
  assert.deepEqual(
    colours(
      planes,
      planes.map(() => channel({})),
      "uint8",
    ),
    [[255, 255, 255, 255]],
  );
});

test("negative values of signed pixels lie below positive ones", () => {
  const found = colours([Int16Array.of(-1000, 0, 1000)], [channel({ low: -1000, high: 1000 })], "int16");
  assert.deepEqual(
    found.map((color) => color[0]),
    [0, 128, 255],
  );
});

test("not-a-number is black and infinity in full colour", () => {
  const found = colours([Float32Array.of(NaN, Infinity, -Infinity, 0.5)], [channel({ low: 0, high: 1 })], "float32");
  assert.deepEqual(
    found.map((color) => color[0]),
    [0, 255, 0, 128],
  );
});

test("an empty tile of no channels is black", () => {
  const out = new Uint32Array(2);
  compose([], [], out);
  assert.deepEqual([...out], [0xff000000, 0xff000000]);
});
