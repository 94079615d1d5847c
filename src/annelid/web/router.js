import { fill, h } from "./dom.js";
import { routeOf } from "./core/route.js";

/** @typedef {import("./types.js").App} App */

/**
 * Shows the page that the address names, and leaves the one before.
 */
export class Router {
  /**
   * @param {HTMLElement} host
   * @param {App} app
   * @param {(page: string) => void} shown called with the name of a page before it is filled
   */
  constructor(host, app, shown) {
    this.host = host;
    this.app = app;
    this.shown = shown;
    this._turn = 0;
    /** @type {() => unknown} */
    this._leave = () => {};
  }

  /** Show what the address says now. */
  async show() {
    const turn = ++this._turn;
    const route = routeOf(location.hash);
    const leave = this._leave;
    this._leave = () => {};
    await settled(leave, this.app);
    if (turn !== this._turn) return;
    if (!route) return this._say("There is no such page", "Choose one above.");
    this.shown(route.page);
    const host = h("div", { class: `page page-${route.page}`, "data-page": route.page });
    fill(this.host, host);
    if (turn > 1) this.host.focus({ preventScroll: true }); // whoever hears the page hears the new one
    await this._mount(host, route, turn);
  }

  /**
   * @param {HTMLElement} host
   * @param {import("./core/route.js").Route} route
   * @param {number} turn
   */
  async _mount(host, route, turn) {
    const page = await import(`./pages/${route.page}.js`).catch((error) => console.error(error));
    if (turn !== this._turn) return;
    // a browser does not ask again for a module that once failed
    if (!page)
      return this._say("This page could not be loaded", "is annelid serve still running?", () => location.reload());
    try {
      const left = await page.mount(host, this.app, route.argument);
      if (turn === this._turn) this._leave = left;
      else await settled(left, this.app);
    } catch (error) {
      if (turn !== this._turn) return;
      console.error(error);
      const { message, nextStep } = /** @type {{message?: string, nextStep?: string}} */ (error ?? {});
      this._say(message || String(error), nextStep || "");
    }
  }

  /**
   * @param {string} what
   * @param {string} nextStep
   * @param {() => unknown} [again]
   */
  _say(what, nextStep, again = () => this.show()) {
    const button = h("button", { class: "button", id: "try-again", onclick: () => again() }, "Try again");
    const words = nextStep ? h("p", {}, `What to do: ${nextStep}`) : null;
    fill(this.host, h("div", { class: "empty page-failed", role: "alert" }, h("h2", {}, what), words, button));
  }
}

/**
 * Leave a page; what goes wrong there must not keep the next one from being shown.
 * @param {() => unknown} leave
 * @param {App} app
 */
async function settled(leave, app) {
  try {
    await leave?.();
  } catch (error) {
    console.error(error);
    app.notify(error instanceof Error ? error.message : String(error), "error");
  }
}
