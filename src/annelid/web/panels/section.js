import { h } from "../dom.js";
import { keep, kept } from "../keep.js";

const SOON_MS = 800;

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
  details.firstElementChild?.addEventListener("click", () => !details.open && comeIntoSight(details));
  details.addEventListener("toggle", () => keep(`section.${id}`, details.open ? "open" : "closed"));
  return details;
}

/**
 * What is unfolded at the lower border shall be seen, also what comes a moment later.
 * @param {HTMLElement} element
 */
function comeIntoSight(element) {
  const watch = new ResizeObserver(() => element.scrollIntoView({ block: "nearest" }));
  watch.observe(element);
  setTimeout(() => watch.disconnect(), SOON_MS);
}
