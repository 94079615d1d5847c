import { ago, bytes, counted, listed } from "../core/words.js";
import { fill, h } from "../dom.js";

/** @typedef {import("../core/intake.js").Intake} Intake */

/**
 * What was given, in words.
 * @param {Intake} stock
 */
export function inWords({ kinds, bytes: size, junk }) {
  const parts = [
    kinds.image ? counted(kinds.image, "image") : "",
    kinds.annotation ? counted(kinds.annotation, "annotation file") : "",
    kinds.zip ? counted(kinds.zip, "zip") : "",
    kinds.other ? counted(kinds.other, "other file") : "",
  ].filter(Boolean);
  return `${listed(parts)}, ${bytes(size)}${junk ? ` (${counted(junk, "system file")} left out)` : ""}`;
}

/**
 * How much can come.
 * @param {{max_bytes: number, free_bytes: number | null}} room
 */
export function roomInWords({ max_bytes, free_bytes }) {
  const left = free_bytes === null ? "" : `; the project's drive has room for ${bytes(free_bytes)}`;
  return `Files up to ${bytes(max_bytes)}${left}.`;
}

/**
 * An upload that came earlier and was never imported.
 * @param {{files: number, bytes: number, created: string}} batch
 * @param {() => void} resume
 * @param {() => void} forget
 */
export function waitingUpload({ files, bytes: size, created }, resume, forget) {
  return h(
    "div",
    { class: "notice waiting-upload" },
    h("span", {}, `${counted(files, "file")} (${bytes(size)}) came ${ago(new Date(created))} and were never imported.`),
    h("span", { class: "spacer" }),
    h("button", { class: "button", onclick: resume }, "Import them"),
    h("button", { class: "button quiet", onclick: forget }, "Forget them"),
  );
}

/**
 * How far something is.
 * @param {string} title
 * @param {(() => void) | null} stop
 */
export function working(title, stop) {
  const bar = h("progress", { class: "progress", max: 1, "aria-label": title });
  const words = h("p", { class: "dim", role: "status" });
  const button = stop ? h("button", { class: "button", id: "stop-upload", onclick: stop }, "Stop") : null;
  const element = h("section", { class: "panel working", id: "working" }, h("h2", {}, title), bar, words, button);
  const show = (/** @type {number | null} */ share, /** @type {string} */ text) => {
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    fill(words, text);
  };
  return { element, show };
}
