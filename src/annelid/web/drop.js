import { h } from "./dom.js";
import { Signal } from "./signal.js";

/**
 * A file that somebody gave, and where it lay in the folder that they gave.
 * @typedef {Object} Given
 * @property {string} path "/" between folders: `set/images/a.tif`
 * @property {File} file
 */

/**
 * Files that were dropped or pasted and that no page has taken yet.
 * @type {Signal<Given[]>}
 */
export const given = new Signal(/** @type {Given[]} */ ([]));

/**
 * Take files that are dropped anywhere on the page, or pasted, to the page that imports them.
 * @param {import("./types.js").App} app
 */
export function listenForFiles(app) {
  const veil = h("div", { class: "drop-veil", hidden: true }, "Drop images, folders, annotation or zips here");
  document.body.append(veil);
  const take = async (/** @type {Promise<Given[]>} */ coming) => {
    const files = await coming;
    if (!files.length) return app.notify("There was no file in that.", "warning");
    given.value = [...given.value, ...files];
    if (!/^#\/import/.test(location.hash)) app.go("#/import");
  };
  showWhileDragging(veil);
  addEventListener("drop", (event) => {
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    take(dropped(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const isDrawing = location.hash.startsWith("#/annotate"); // there one pastes objects
    if (files.length && !isDrawing)
      take(Promise.resolve(files.map((file) => ({ path: pastedName(file, new Date()), file }))));
  });
}

/** @param {HTMLElement} veil */
function showWhileDragging(veil) {
  let depth = 0;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => hasFiles(event) && show(depth + 1));
  addEventListener("dragleave", (event) => hasFiles(event) && show(depth - 1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", () => show(0));
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/**
 * Every file of a drop, folders gone through.
 * @param {DataTransfer} transfer
 * @returns {Promise<Given[]>}
 */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null); // before the event is over
  const files = [...transfer.files];
  if (!entries.some(Boolean)) return files.map((file) => ({ path: file.name, file }));
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Given[]>}
 */
async function filesOf(entry) {
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    const file = await new Promise((resolve, reject) => one.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file: /** @type {File} */ (file) }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    // a reader gives a hundred at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!(/** @type {FileSystemEntry[]} */ (some).length)) return found;
    for (const inner of /** @type {FileSystemEntry[]} */ (some)) found.push(...(await filesOf(inner)));
  }
}

/**
 * A name for a pasted picture: all of them are called `image.png` otherwise.
 * @param {File} file
 * @param {Date} now
 */
function pastedName(file, now) {
  if (file.name && file.name !== "image.png") return file.name;
  return `pasted-${now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}.png`;
}
