import { ApiError } from "../api.js";
import { neighbour } from "../commands/images.js";
import { hashOf } from "../core/route.js";
import { fill, h } from "../dom.js";
import { viewsOfProject } from "../views_of_project.js";

/** @typedef {import("../types.js").App} App */

/**
 * An image that cannot be opened is no dead end: why, and on to those beside it.
 * @param {HTMLElement} host
 * @param {App} app
 * @param {string} id of the view
 * @param {unknown} error
 * @throws {unknown} the error, where there is no such view or the server is away
 */
export async function unreadable(host, app, id, error) {
  if (!(error instanceof ApiError)) throw error;
  const views = await viewsOfProject(id).catch(() => []);
  const view = views.find((one) => one.id === id);
  if (!view) throw error;
  const step = (/** @type {1 | -1} */ by, /** @type {string} */ name, /** @type {string} */ kind) => {
    const other = neighbour({ view, views }, by);
    const go = () => other && app.go(hashOf("annotate", other.id));
    return h(
      "button",
      { class: `button ${kind}`, id: name, disabled: !other, onclick: go },
      by > 0 ? "Next image" : "Image before",
    );
  };
  const next = step(1, "next-image", "primary");
  const again = h("button", { class: "button quiet", id: "try-again", onclick: () => location.reload() }, "Try again");
  fill(
    host,
    h(
      "div",
      { class: "empty page-failed", role: "alert" },
      h("h2", {}, `${view.name} cannot be shown`),
      h("p", {}, error.message),
      error.nextStep ? h("p", {}, `What to do: ${error.nextStep}`) : null,
      h("div", { class: "toolbar" }, step(-1, "previous-image", ""), next, again),
    ),
  );
  next.focus();
}
