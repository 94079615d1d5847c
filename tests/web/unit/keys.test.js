import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { Actions } from "../../../src/annelid/web/actions.js";
import { allActions } from "../../../src/annelid/web/commands/index.js";
import { keyText } from "../../../src/annelid/web/panels/help.js";

const PAGE = new URL("../../../docs/annotating.md", import.meta.url);
const SECTION = /(<!-- keys: .*? -->\n)[\s\S]*?(?=\n<!-- end of keys -->)/;

/** Every action of the annotator; making the list needs no page. */
function actions() {
  const editor = /** @type {any} */ ({ viewer: {} });
  const all = new Actions();
  all.add(allActions(editor));
  all.add([{ id: "help", title: "All commands and their keys", group: "Help", keys: ["?"], run: () => {} }]);
  return [...all.all.values()];
}

/** The actions as tables, a group each. */
function tables() {
  const found = actions();
  const groups = [...new Set(found.map(({ group }) => group))];
  return groups.map((group) => {
    const rows = found
      .filter((one) => one.group === group)
      .map(({ title, keys }) => `| ${title} | ${keys.map(code).join(", ")} |`);
    return [`**${group}**`, "", "| what | keys |", "|---|---|", ...rows, ""].join("\n");
  });
}

/** @param {string} key */
function code(key) {
  return `\`${keyText(key).replaceAll(" ", "+").replace("Page+", "Page ")}\``;
}

test("no two actions of the annotator want one key", () => {
  assert.ok(actions().length > 60);
});

test("the table of keys in docs/annotating.md is true (ANNELID_WRITE_KEYS=1 writes it)", async () => {
  const page = await readFile(PAGE, "utf8");
  const expected = page.replace(SECTION, (_, start) => `${start}\n${tables().join("\n")}`);
  if (process.env.ANNELID_WRITE_KEYS) return writeFile(PAGE, expected);
  assert.match(page, SECTION);
  assert.equal(page, expected);
});
