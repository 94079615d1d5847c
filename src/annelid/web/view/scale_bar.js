// The scale bar in a corner of the viewer: micrometres, or pixels where the size of a pixel is not known.

import { h } from "../dom.js";
import { lengthText, roundLength } from "../core/scale_bar.js";
import { number } from "../core/words.js";

const MOST = 140;

/** @param {import("./viewer.js").Viewer} viewer */
export function scaleBar(viewer) {
  const text = h("span", { id: "scale-bar-text" });
  const line = h("span", { class: "scale-bar-line" });
  const element = h("div", { class: "scale-bar", id: "scale-bar" }, text, line);
  const update = () => {
    const { facts } = viewer.source;
    element.hidden = !facts;
    if (!facts) return;
    const um = facts.pixel_size_um;
    const { length, pixels } = roundLength((um || 1) / viewer.transform.value.scale, MOST);
    text.textContent = um ? lengthText(length) : `${number(length)} px`;
    line.style.width = `${pixels}px`;
  };
  update();
  return { element, update, close: viewer.transform.subscribe(update) };
}
