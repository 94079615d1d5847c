// What the keyboard does to the viewer.

/** @typedef {import("./viewer.js").Viewer} Viewer */

const STEP = 1.5;
const SHIFT = 120;

/**
 * @param {Viewer} viewer
 * @returns {import("../actions.js").Action[]}
 */
export function viewActions(viewer) {
  const group = "View";
  const pan = (/** @type {number} */ dx, /** @type {number} */ dy) => () => viewer.panBy(dx * SHIFT, dy * SHIFT);
  return [
    { id: "zoom-in", title: "Zoom in", group, keys: ["+", "="], run: () => viewer.zoomBy(STEP) },
    { id: "zoom-out", title: "Zoom out", group, keys: ["-", "_"], run: () => viewer.zoomBy(1 / STEP) },
    { id: "zoom-fit", title: "Fit the whole image", group, keys: ["0"], run: () => viewer.fit() },
    {
      id: "zoom-full",
      title: "100 %: a pixel of the image is a pixel of the screen",
      group,
      keys: ["Alt+0"],
      run: () => viewer.zoomTo(1 / viewer.screen.ratio),
    },
    { id: "pan-left", title: "Move to the left", group, keys: ["Shift+ArrowLeft"], run: pan(1, 0) },
    { id: "pan-right", title: "Move to the right", group, keys: ["Shift+ArrowRight"], run: pan(-1, 0) },
    { id: "pan-up", title: "Move up", group, keys: ["Shift+ArrowUp"], run: pan(0, 1) },
    { id: "pan-down", title: "Move down", group, keys: ["Shift+ArrowDown"], run: pan(0, -1) },
  ];
}
