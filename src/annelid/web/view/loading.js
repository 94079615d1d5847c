// What the viewer says of itself: that pixels are on their way, or why there are none.

import { fill, h } from "../dom.js";

const PATIENCE_MS = 300;

/** @param {import("./viewer.js").Viewer} viewer */
export function loading(viewer) {
  const element = h("div", { class: "viewer-message", role: "status", "data-state": "" });
  let timer = 0;
  const show = (/** @type {string} */ state, /** @type {...import("../dom.js").Child} */ ...children) => {
    element.dataset.state = state;
    fill(element, ...children);
  };
  const update = () => {
    const { pending, problem } = viewer.state.value;
    if (problem) show("problem", h("strong", {}, "This image cannot be shown as it should"), h("p", {}, problem));
    else if (!pending) show("");
    if (!pending || problem) window.clearTimeout(timer);
    if (!pending || problem) timer = 0;
    else if (!timer)
      timer = window.setTimeout(() => show("loading", h("span", { class: "spinner" }), "Loading pixels"), PATIENCE_MS);
  };
  const leave = viewer.state.subscribe(update);
  const close = () => {
    window.clearTimeout(timer);
    leave();
  };
  return { element, close };
}
