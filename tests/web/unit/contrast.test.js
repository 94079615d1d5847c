import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../../src/annelid/web/style/base.css", import.meta.url), "utf8");
const blocks = [...css.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(([, block]) => block ?? "");
const themes = blocks.map((block) =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, color]) => [name, color])),
);
const GROUNDS = ["bg", "panel", "raised", "tint"];

/** @param {string} color */
function luminance(color) {
  const hex = color.length === 4 ? [...color.slice(1)].map((c) => c + c).join("") : color.slice(1);
  const [r = 0, g = 0, b = 0] = [0, 2, 4]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * Contrast as WCAG 2 defines it.
 * @param {string | undefined} a
 * @param {string | undefined} b
 */
function contrast(a, b) {
  assert.ok(a && b);
  const [dark = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dark + 0.05);
}

test("there is a dark and a light theme", () => assert.equal(themes.length, 2));

test("text can be read on every ground in both themes", () => {
  for (const theme of themes)
    for (const ground of GROUNDS)
      for (const ink of ["text", "dim", "accent", "good", "warn", "bad"])
        assert.ok(contrast(theme[ink], theme[ground]) >= 4.5, `${ink} on ${ground}`);
});

test("what is written on buttons can be read, edges of controls and the focus are seen", () => {
  for (const theme of themes) {
    assert.ok(contrast(theme["on-accent"], theme.accent) >= 4.5);
    for (const ground of ["bg", "panel", "raised"]) {
      assert.ok(contrast(theme.edge, theme[ground]) >= 3, `edge on ${ground}`);
      assert.ok(contrast(theme.focus, theme[ground]) >= 3, `focus on ${ground}`);
    }
  }
});
