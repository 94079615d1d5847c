import { h } from "../dom.js";
import { taken } from "../panels/first_visit.js";
import { importer } from "../panels/importer.js";

/** @type {import("../types.js").Mount} */
export async function mount(host, app) {
  const { element, close } = importer(app, "Add images and annotation");
  host.append(h("div", { class: "import-page" }, h("h1", {}, "Import"), element, taken()));
  return close;
}
