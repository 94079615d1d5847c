import { h } from "./dom.js";

/** @typedef {"info" | "warning" | "error"} Level */

const MOST = 4;
/** How long a notice stays, in milliseconds; an error stays until it is closed. */
const STAYS = { info: 6000, warning: 14000, error: Infinity };

/**
 * Short messages in the corner, which are read out too.
 */
export class Notices {
  /** @param {Element} region */
  constructor(region) {
    this.region = region;
  }

  /**
   * Say something.
   * @param {string} text
   * @param {Level} [level]
   */
  tell(text, level = "info") {
    for (const old of this.region.children) if (old.getAttribute("data-text") === text) old.remove();
    const notice = h(
      "div",
      { class: `notice ${level}`, role: level === "error" ? "alert" : "status", "data-text": text },
      h("p", {}, text),
      h("button", { class: "icon-button", "aria-label": "Close this notice", onclick: () => notice.remove() }, "✕"),
    );
    this.region.append(notice);
    while (this.region.children.length > MOST) this.region.firstElementChild?.remove();
    if (Number.isFinite(STAYS[level])) this._leave(notice, STAYS[level]);
  }

  /**
   * Take a notice away later, but not while it is being read.
   * @param {HTMLElement} notice
   * @param {number} wait
   */
  _leave(notice, wait) {
    setTimeout(() => {
      if (notice.matches(":hover, :focus-within")) this._leave(notice, wait);
      else notice.remove();
    }, wait);
  }
}
