import { h } from "../dom.js";
import { hashOf } from "../core/route.js";
import { keep, kept } from "../keep.js";

/** @typedef {import("../signal.js").Signal<boolean>} Connected */

/** What is in the navigation: title, first part of the hash, names of the pages that belong to it. */
const ENTRIES = /** @type {const} */ ([
  ["Images", "images", ["images", "import", "preprocessing", "export"]],
  ["Annotate", "annotate", ["annotate"]],
  ["Train", "train", ["train", "run"]],
  ["Models", "models", ["models"]],
]);

/**
 * The header: the project, the pages, whether the server answers, who works, light or dark.
 * @param {string} project name
 * @param {Connected} connected
 * @param {() => void} askName
 */
export function header(project, connected, askName) {
  const links = ENTRIES.map(([title, first]) => h("a", { href: hashOf(first), "data-page": first }, title));
  const author = h("button", { class: "button quiet author", id: "author", onclick: askName });
  const element = h(
    "div",
    { class: "header" },
    h(
      "a",
      { class: "brand", href: "#/images", title: project },
      h("img", { src: "icon.svg", alt: "" }),
      h("span", {}, project),
    ),
    h("nav", { "aria-label": "Pages" }, links),
    h("span", { class: "spacer" }),
    liveSign(connected),
    author,
    themeSwitch(),
  );
  return {
    element,
    show: (/** @type {string} */ page) => mark(links, page),
    setAuthor: (/** @type {string} */ name) => nameButton(author, name),
  };
}

/**
 * @param {HTMLAnchorElement[]} links
 * @param {string} page
 */
function mark(links, page) {
  ENTRIES.forEach(([, , pages], index) => {
    const isHere = /** @type {readonly string[]} */ (pages).includes(page);
    if (isHere) links[index]?.setAttribute("aria-current", "page");
    else links[index]?.removeAttribute("aria-current");
  });
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} name
 */
function nameButton(button, name) {
  button.textContent = name;
  button.title = `You work as ${name}: so the history calls you. Click to change it.`;
  button.setAttribute("aria-label", `Your name: ${name}. Change it`);
}

/** @param {Connected} connected */
function liveSign(connected) {
  const words = h("span");
  const sign = h("span", { class: "live", id: "live", role: "status" }, h("span", { class: "dot" }), words);
  const show = (/** @type {boolean} */ isLive) => {
    sign.classList.toggle("offline", !isLive);
    sign.title = isLive
      ? "What others do appears at once"
      : "The server does not answer: is annelid serve still running?";
    words.textContent = isLive ? "live" : "offline";
  };
  words.textContent = connected.value ? "live" : "connecting";
  connected.subscribe(show);
  return sign;
}

function themeSwitch() {
  const names = ["dark", "light", "system"];
  const choice = h(
    "select",
    { id: "theme", "aria-label": "Colours of the page", title: "Colours of the page" },
    names.map((name) => h("option", { value: name }, { dark: "Dark", light: "Light", system: "As the system" }[name])),
  );
  choice.value = kept("theme") ?? "dark";
  choice.addEventListener("change", () => {
    keep("theme", choice.value);
    dispatchEvent(new Event("annelid-theme"));
  });
  return choice;
}
