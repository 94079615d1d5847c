import { keep, kept } from "../keep.js";
import { Signal } from "../signal.js";

/**
 * @typedef {Object} Engine
 * @property {string} name
 * @property {string} title
 * @property {string} health "" when it can work, else what to do
 * @property {boolean} needs_weights
 */

/** Which engine turns clicks into outlines; this browser remembers it. @type {Signal<string>} */
export const assistEngine = new Signal(kept("assist.engine") ?? "classical");
assistEngine.subscribe((name) => keep("assist.engine", name));

/** @typedef {{clicks: number, isBusy: boolean, score: number | null, problem: string}} AssistState */

/** What the assist tool is doing, for its panel. */
export const assistState = new Signal(
  /** @type {AssistState} */ ({ clicks: 0, isBusy: false, score: null, problem: "" }),
);
