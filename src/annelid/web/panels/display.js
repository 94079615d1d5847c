import { DEFAULT_DISPLAY } from "../view/display_options.js";
import { wheelSetting } from "../view/wheel_setting.js";
import { h } from "../dom.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../view/display_options.js").DisplayOptions} DisplayOptions */

const COLORS = { class: "class", object: "object", score: "score", author: "author" };
const WHEELS = { auto: "as the device", zoom: "zooms", pan: "moves the image" };

/**
 * How objects are shown: for this page alone, nothing is saved.
 * @param {Editor} editor
 */
export function display(editor) {
  const { options } = editor.viewer.objects;
  const change = (/** @type {Partial<DisplayOptions>} */ values) => (options.value = { ...options.value, ...values });
  const fillOf = slider("display-fill", "Inside", 0, 1, 0.05, (fill) => change({ fill }));
  const width = slider("display-width", "Outline", 0.5, 5, 0.25, (value) => change({ width: value }));
  const colorBy = choice("display-color", "Colour by", COLORS, (value) =>
    change({ colorBy: /** @type {DisplayOptions["colorBy"]} */ (value) }),
  );
  const wheel = choice(
    "display-wheel",
    "Wheel",
    WHEELS,
    (value) => (wheelSetting.value = /** @type {typeof wheelSetting.value} */ (value)),
  );
  wheel.input.value = wheelSetting.value;
  const checks = [
    check(
      "display-class",
      "Class beside objects",
      (showClass) => change({ showClass }),
      (now) => now.showClass,
    ),
    check(
      "display-score",
      "Score beside proposals",
      (showScore) => change({ showScore }),
      (now) => now.showScore,
    ),
    check(
      "display-id",
      "Id beside objects",
      (showId) => change({ showId }),
      (now) => now.showId,
    ),
    check(
      "display-veil",
      "Darken what is not complete",
      (veil) => change({ veil }),
      (now) => now.veil,
    ),
  ];
  const show = () => {
    fillOf.input.value = String(options.value.fill);
    width.input.value = String(options.value.width);
    colorBy.input.value = options.value.colorBy;
    for (const { input, of } of checks) input.checked = of(options.value);
  };
  show();
  const reset = h(
    "button",
    { class: "button quiet", id: "display-reset", onclick: () => (options.value = DEFAULT_DISPLAY) },
    "As at first",
  );
  const fields = [fillOf, width, colorBy, ...checks, wheel].map(({ element }) => element);
  return { element: h("div", { class: "section-body display" }, fields, reset), close: options.subscribe(show) };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @param {(value: number) => void} changed
 */
function slider(id, label, min, max, step, changed) {
  const input = h("input", { id, type: "range", min, max, step });
  input.addEventListener("input", () => changed(Number(input.value)));
  return { element: field(label, input, "", "inline"), input };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {Record<string, string>} words
 * @param {(value: string) => void} chosen
 */
function choice(id, label, words, chosen) {
  const input = h(
    "select",
    { id },
    Object.entries(words).map(([value, text]) => h("option", { value }, text)),
  );
  input.addEventListener("change", () => chosen(input.value));
  return { element: field(label, input, "", "inline"), input };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {(value: boolean) => void} changed
 * @param {(options: DisplayOptions) => boolean} of
 */
function check(id, label, changed, of) {
  const input = h("input", { id, type: "checkbox" });
  input.addEventListener("change", () => changed(input.checked));
  return { element: h("label", { class: "check" }, input, h("span", {}, label)), input, of };
}
