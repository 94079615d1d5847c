import { ApiError, address, get, post } from "../api.js";
import { ago, bytes, counted, number } from "../core/words.js";
import { fill, h } from "../dom.js";
import { field } from "../panels/field.js";
import { lossList } from "../panels/losses.js";

/** @typedef {{name: string, title: string, line: string}} Format */

/** @type {import("../types.js").Mount} */
export async function mount(host, app) {
  /** @type {[Format[], any, any[]]} */
  const [formats, project, exports] = await Promise.all([get("api/formats"), get("api/project"), get("api/exports")]);
  const form = exportForm(formats, project.states ?? {});
  const done = h("div", { class: "export-done" });
  const earlier = h("div", { class: "earlier" });
  form.element.addEventListener("submit", async (event) => {
    event.preventDefault();
    await run(form.value(), form.button, done, app);
    fill(earlier, earlierExports(await get("api/exports")));
  });
  fill(earlier, earlierExports(exports));
  fill(host, h("div", { class: "export-page" }, h("h1", {}, "Export"), form.element, done, earlier));
  return () => {};
}

/**
 * @param {Format[]} formats
 * @param {Record<string, number>} states
 */
function exportForm(formats, states) {
  const button = h("button", { class: "button primary", type: "submit", id: "export" }, "Export");
  const state = h(
    "select",
    { id: "export-state" },
    h("option", { value: "reviewed" }, `reviewed images (${number(states.reviewed ?? 0)})`),
    h("option", { value: "draft" }, `drafts, to be corrected elsewhere (${number(states.draft ?? 0)})`),
  );
  if (!states.reviewed && states.draft) state.value = "draft";
  const choices = formats.map(({ name, title, line }, index) =>
    h(
      "label",
      { class: "format" },
      h("input", { type: "radio", name: "format", value: name, checked: index === 0 }),
      h("span", {}, h("strong", {}, title), h("span", { class: "dim" }, line)),
    ),
  );
  const element = h(
    "form",
    { class: "panel export-form" },
    h("fieldset", { class: "formats" }, h("legend", {}, "Format"), ...choices),
    field("Which images", state),
    h(
      "p",
      { class: "dim" },
      "It is written to exports/ in the project; nothing there is overwritten. " +
        "YOLO brings the images as pictures, ready to be trained on; the others name them.",
    ),
    h("div", { class: "toolbar" }, button),
  );
  return {
    element,
    button,
    value: () => ({ format: String(new FormData(element).get("format")), state: state.value }),
  };
}

/**
 * @param {{format: string, state: string}} wish
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} place
 * @param {import("../types.js").App} app
 */
async function run(wish, button, place, app) {
  button.disabled = true;
  const words = h("span", {}, "Writing …");
  fill(place, h("p", { class: "panel working", role: "status" }, h("span", { class: "spinner" }), " ", words));
  const stop = app.live.on("export", ({ what, done, of }) =>
    fill(words, `${what}: ${number(done)}${of ? ` of ${number(of)}` : ""}`),
  );
  try {
    fill(place, told(await post("api/exports", wish)));
    place.scrollIntoView({ block: "nearest" });
  } catch (error) {
    fill(place);
    if (!(error instanceof ApiError)) throw error;
    app.notify(`${error.message}\n${error.nextStep}`, "error");
  } finally {
    stop();
    button.disabled = false;
  }
}

/** @param {any} done */
function told(done) {
  return h(
    "section",
    { class: "panel export-report", id: "export-report" },
    h("h2", {}, `exports/${done.name}: ${counted(done.files, "file")}, ${bytes(done.bytes)}`),
    done.losses.length
      ? h("p", {}, "What the format could not carry:")
      : h("p", {}, "Everything is in it, nothing was lost."),
    done.losses.length ? lossList(done.losses) : null,
    h("div", { class: "toolbar" }, download(done.name, "button primary")),
  );
}

/** @param {any[]} exports */
function earlierExports(exports) {
  if (!exports.length) return [];
  const rows = exports.map(({ name, files, bytes: size, created }) =>
    h(
      "tr",
      {},
      h("td", {}, name),
      h("td", { class: "number" }, number(files)),
      h("td", { class: "number" }, bytes(size)),
      h("td", {}, ago(new Date(created))),
      h("td", {}, download(name, "button")),
    ),
  );
  const head = h(
    "tr",
    {},
    h("th", {}, "In exports/"),
    h("th", { class: "number" }, "Files"),
    h("th", { class: "number" }, "Size"),
    h("th", {}, "Written"),
    h("th"),
  );
  return [
    h(
      "section",
      { class: "panel" },
      h("h3", {}, "Earlier exports"),
      h("table", { class: "table" }, h("thead", {}, head), h("tbody", {}, rows)),
    ),
  ];
}

/**
 * @param {string} name
 * @param {string} look
 */
function download(name, look) {
  return h(
    "a",
    { class: look, href: address(`api/exports/${encodeURIComponent(name)}/zip`), download: `${name}.zip` },
    "Download as a zip",
  );
}
