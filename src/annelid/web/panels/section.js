import { h } from "../dom.js";
import { keep, kept } from "../keep.js";

/** @typedef {{element: HTMLElement, close?: () => void}} Panel */

/**
 * A panel that can be folded; the browser remembers how it was left.
 * @param {string} id
 * @param {string} title
 * @param {HTMLElement} content
 * @param {{isOpen?: boolean, aside?: HTMLElement}} [options] how it is at first; what stands beside the title
 */
export function section(id, title, content, { isOpen = true, aside } = {}) {
  const before = kept(`section.${id}`);
  const details = h(
    "details",
    { class: "section", id: `section-${id}`, open: before === null ? isOpen : before === "open" },
    h("summary", {}, h("h3", {}, title), h("span", { class: "spacer" }), aside),
    content,
  );
  details.addEventListener("toggle", () => keep(`section.${id}`, details.open ? "open" : "closed"));
  return details;
}
