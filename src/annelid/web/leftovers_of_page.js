import { get } from "./api.js";
import { sendLeftovers } from "./core/leftovers.js";
import { routeOf } from "./core/route.js";
import { counted } from "./core/words.js";
import { journalOfPage } from "./journal_of_page.js";

/** @typedef {import("./types.js").App} App */

/**
 * Whenever the server is there (again), send what closed tabs left unsaved, and say so.
 * @param {App} app
 * @returns {() => void} stop that
 */
export function sendLeftoversOf(app) {
  let isBusy = false;
  return app.live.on("hello", async () => {
    if (isBusy) return;
    isBusy = true;
    await send(app).finally(() => (isBusy = false));
  });
}

/** @param {App} app */
async function send(app) {
  const { sent, kept } = await sendLeftovers(await journalOfPage(), app.author, openView);
  if (sent.length) app.notify(`Changes on ${counted(sent.length, "image")} that were not saved before are saved now`);
  if (!kept.length) return;
  const names = await Promise.all(
    kept.map((view) =>
      get(`api/views/${encodeURIComponent(view)}`).then(
        ({ name }) => name,
        () => view,
      ),
    ),
  );
  app.notify(
    `Changes on ${names.join(", ")} are not saved yet: open ${names.length === 1 ? "it" : "them"} to see why`,
    "warning",
  );
}

/** The view that is being annotated, "" where none is. */
function openView() {
  const route = routeOf(location.hash);
  return route?.page === "annotate" ? (route.argument.split("?")[0] ?? "") : "";
}
