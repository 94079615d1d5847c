import { ApiError, get } from "./api.js";
import { hashOf, routeOf } from "./core/route.js";
import { Live } from "./core/live.js";
import { h } from "./dom.js";
import { listenForFiles } from "./drop.js";
import { keep, kept } from "./keep.js";
import { sendLeftoversOf } from "./leftovers_of_page.js";
import { Notices } from "./notices.js";
import { askName } from "./panels/author.js";
import { header } from "./panels/header.js";
import { jobSign } from "./panels/job_sign.js";
import { Router } from "./router.js";

/** @typedef {import("./types.js").App} App */

const AUTHOR = "author";
const LAST = "last-view";
/** @type {Record<string, string>} */
const TITLES = {
  images: "Images",
  import: "Import",
  preprocessing: "Preprocessing",
  export: "Export",
  annotate: "Annotate",
  train: "Train",
  run: "Training",
  models: "Models",
};

start().catch((error) => {
  console.error(error);
  place("page").replaceChildren(
    h(
      "div",
      { class: "empty", role: "alert" },
      h("h2", {}, error.message),
      h("p", {}, error.nextStep || "Load the page again."),
    ),
  );
});

async function start() {
  const project = await get("api/project");
  const notices = new Notices(place("notices"));
  const live = new Live();
  /** @type {Router | null} */
  let router = null;
  /** @type {App} */
  const app = {
    go: (hash) => (location.hash === hash ? void router?.show() : void (location.hash = hash)),
    notify: (text, level) => notices.tell(text, level),
    author: `human:${kept(AUTHOR) ?? (project.author || "me")}`,
    live,
  };
  const head = header(project.name, live.connected, () => ask());
  const ask = askWhoWorks(app, (name) => {
    head.setAuthor(name);
    if (location.hash.startsWith("#/annotate/")) void router?.show(); // what one draws from now on is by that name
  });
  place("header").append(head.element);
  place("skip").addEventListener("click", (event) => {
    event.preventDefault(); // what stands behind # is a page's name here
    place("page").focus();
  });
  head.element.querySelector("#live")?.before(jobSign(app));
  if (kept(AUTHOR) === null) ask();
  listenForFiles(app);
  sendLeftoversOf(app);
  tellWhatFails(app);
  const pages = new Router(place("page"), app, (page) => {
    head.show(page);
    document.title = `${TITLES[page] ?? "Annelid"} · ${project.name}`;
  });
  router = pages;
  addEventListener("hashchange", () => void follow(pages));
  await follow(pages);
  import("./pages/annotate.js").catch(() => {}); // its many modules are there when the first image is opened
}

/**
 * Show what the address says; `#/annotate` alone is the image where one was last.
 * @param {Router} router
 */
async function follow(router) {
  const route = routeOf(location.hash);
  if (route?.page === "annotate" && !route.argument) {
    const view = await viewToAnnotate();
    return location.replace(view ? hashOf("annotate", view) : "#/images");
  }
  if (route?.page === "annotate") {
    keep(LAST, route.argument.split("?")[0] ?? "");
    document.getElementById("ask-name")?.remove(); // it is asked again on the next visit; the image needs the room
  }
  await router.show();
}

/** The id of the image where one was last, else of the first that nobody reviewed; "" where there is none. */
async function viewToAnnotate() {
  /** @type {import("./types.js").ViewSummary[]} */
  const views = await get("api/views").catch(() => []);
  const last = views.find((view) => view.id === kept(LAST));
  return (last ?? views.find((view) => view.state !== "reviewed") ?? views[0])?.id ?? "";
}

/**
 * A function that asks for the name of who works here.
 * @param {App} app
 * @param {(name: string) => void} show
 */
function askWhoWorks(app, show) {
  const now = () => app.author.replace(/^human:/, "");
  const keepName = (/** @type {string} */ name) => {
    keep(AUTHOR, name);
    app.author = `human:${name}`;
    show(name);
  };
  show(now());
  return () => {
    document.getElementById("ask-name")?.remove();
    const form = askName(now(), keepName);
    place("header").append(form);
    if (kept(AUTHOR) !== null) form.querySelector("input")?.focus();
  };
}

/**
 * Errors that nobody caught are said, not swallowed.
 * @param {App} app
 */
function tellWhatFails(app) {
  const tell = (/** @type {any} */ reason) => {
    if (reason?.name === "AbortError") return;
    const step = reason instanceof ApiError && reason.nextStep ? `\n${reason.nextStep}` : "";
    app.notify(`${reason?.message ?? reason}${step}`, "error");
  };
  addEventListener("unhandledrejection", ({ reason }) => tell(reason));
  addEventListener("error", ({ error }) => error && tell(error));
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function place(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html lacks #${id}`);
  return element;
}
