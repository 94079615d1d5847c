import { address } from "../api.js";
import { Signal } from "../signal.js";

const LONGEST_WAIT_MS = 15_000;
const HIDDEN_MS = 10_000;

/** Events of the server. `hello` comes first and after every gap: who hears it reads anew what it shows. */
export class Live {
  /**
   * @param {string} [url]
   * @param {(url: string) => EventSource} [open]
   */
  constructor(url = address("api/live"), open = (where) => new EventSource(where)) {
    this.connected = new Signal(false);
    this._connect = () => open(url);
    /** @type {Map<string, Set<(data: any) => void>>} */
    this._heard = new Map([["hello", new Set()]]);
    /** @type {EventSource | null} */
    this._source = null;
    this._wait = 1000;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this._watchPage();
    this._start();
  }

  /**
   * Call a function with the data of every event of a name.
   * @param {string} name `view`, `views`, `classes`, `job`, `run`, `hello`
   * @param {(data: any) => void} listener
   * @returns {() => void} stop listening
   */
  on(name, listener) {
    const listeners = this._heard.get(name) ?? this._listenTo(name);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Stop for good. */
  close() {
    clearTimeout(this._timer);
    this._stop();
  }

  /** @param {string} name */
  _listenTo(name) {
    const listeners = new Set();
    this._heard.set(name, listeners);
    this._source?.addEventListener(name, (event) => this._tell(name, event));
    return listeners;
  }

  _start() {
    clearTimeout(this._timer);
    this._source?.close();
    const source = this._connect();
    this._source = source;
    source.addEventListener("open", () => {
      this._wait = 1000;
      this.connected.value = true;
    });
    source.addEventListener("error", () => this._lost(source));
    for (const name of this._heard.keys()) source.addEventListener(name, (event) => this._tell(name, event));
  }

  /**
   * The browser tries again by itself after a cut, but not after a refusal (a proxy's 502 while the server starts).
   * @param {EventSource} source
   */
  _lost(source) {
    if (source !== this._source) return;
    this.connected.value = false;
    if (source.readyState !== 2) return;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._start(), this._wait);
    this._wait = Math.min(this._wait * 2, LONGEST_WAIT_MS);
  }

  _stop() {
    this._source?.close();
    this._source = null;
  }

  /**
   * @param {string} name
   * @param {Event} event
   */
  _tell(name, event) {
    const data = JSON.parse(/** @type {MessageEvent} */ (event).data || "null");
    for (const listener of [...(this._heard.get(name) ?? [])]) listener(data);
  }

  /** A browser holds six connections to a server for all its tabs together: one that nobody sees gives its own back. */
  _watchPage() {
    const page = globalThis.document;
    page?.addEventListener("visibilitychange", () => {
      clearTimeout(this._timer);
      if (page.hidden) this._timer = setTimeout(() => this._stop(), HIDDEN_MS);
      else if (this._source?.readyState !== 1) this._start();
    });
  }
}
