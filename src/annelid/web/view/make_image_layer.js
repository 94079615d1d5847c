// Who draws the image: WebGL2 where a graphics card does the work, else the processor.

import { h } from "../dom.js";
import { ImageLayer } from "./image_layer.js";
import { ImageLayer2d } from "./image_layer_2d.js";

/** @typedef {"auto" | "webgl2" | "2d"} Renderer auto: WebGL2 unless it is slow here */
/** @typedef {{canvas: HTMLCanvasElement, layer: ImageLayer | ImageLayer2d, kind: "webgl2" | "2d", close: () => void}} Made */

/** Whether this page has found that WebGL2 is slow or missing here: to ask costs a while. */
let isWithout = false;

/**
 * @param {Renderer} renderer
 * @param {() => void} lost called when the graphics card is gone
 * @returns {Made}
 */
export function makeImageLayer(renderer, lost) {
  if (renderer === "webgl2" || (renderer === "auto" && !isWithout)) {
    const canvas = h("canvas", { class: "viewer-image" });
    const layer = webgl(canvas, renderer === "webgl2");
    if (layer) {
      canvas.addEventListener("webglcontextlost", lost);
      const close = () => {
        canvas.removeEventListener("webglcontextlost", lost);
        layer.close();
      };
      return { canvas, layer, kind: "webgl2", close };
    }
  }
  const canvas = h("canvas", { class: "viewer-image" });
  const layer = new ImageLayer2d(canvas);
  return { canvas, layer, kind: "2d", close: () => layer.close() };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {boolean} evenSlow
 */
function webgl(canvas, evenSlow) {
  try {
    return new ImageLayer(canvas, { evenSlow });
  } catch {
    isWithout = true;
    return null;
  }
}
