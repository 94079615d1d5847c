import { post } from "../api.js";
import { h } from "../dom.js";
import { importer } from "./importer.js";

/** @typedef {import("../types.js").App} App */

/** What is taken, in words. */
const TAKEN = [
  [
    "Images",
    "TIFF (8, 16 and 32 bits, stacks, OME, pyramids, SVS, NDPI), OME-Zarr folders, CZI, PNG, JPEG, BMP; " +
      "ND2, LIF, MIRAX and DICOM slides where annelid[vendor] is installed.",
  ],
  [
    "Annotation",
    "COCO, LabelMe and AnyLabeling, YOLO, label images and folders of masks, Pascal VOC, CVAT, Label Studio, VIA, " +
      "V7 Darwin, QuPath GeoJSON, ImageJ ROIs, Cellpose, celldetective. Recognised by content.",
  ],
  ["Zips", "of any of them, with their folders."],
];

/**
 * What an empty project shows: how to begin with one's own images, or with the demo.
 * @param {App} app
 * @param {() => void} filled called when images came in
 */
export function firstVisit(app, filled) {
  const own = importer(app, "Begin with your images");
  const demo = h(
    "button",
    { class: "button", id: "demo", onclick: () => fillDemo(app, demo, filled) },
    "Fill it with the demo",
  );
  const element = h(
    "div",
    { class: "first-visit" },
    h(
      "p",
      { class: "lead" },
      "This project is empty. Bring images, outline a few objects, train a model on them, correct what it proposes.",
    ),
    own.element,
    h(
      "section",
      { class: "panel demo-offer" },
      h(
        "div",
        {},
        h("h3", {}, "No images at hand?"),
        h(
          "p",
          { class: "dim" },
          "30 made-up fluorescence images of touching nuclei; 24 come annotated, six are for you.",
        ),
      ),
      demo,
    ),
    taken(),
  );
  return { element, close: own.close };
}

/** What can be imported. */
export function taken() {
  return h(
    "dl",
    { class: "taken" },
    TAKEN.flatMap(([what, which]) => [h("dt", {}, what ?? ""), h("dd", {}, which ?? "")]),
  );
}

/**
 * @param {App} app
 * @param {HTMLButtonElement} button
 * @param {() => void} filled
 */
async function fillDemo(app, button, filled) {
  button.disabled = true;
  button.prepend(h("span", { class: "spinner" }));
  try {
    const told = await post("api/demo");
    app.notify(`${told.images.new} images came in, ${told.images.annotated} of them annotated.`);
    filled();
  } finally {
    button.disabled = false;
    button.querySelector(".spinner")?.remove();
  }
}
