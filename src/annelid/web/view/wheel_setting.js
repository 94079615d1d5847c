import { keep, kept } from "../keep.js";

/** @typedef {import("../core/wheel.js").WheelSetting} WheelSetting */

const WHEEL = "wheel";

/** What turning the wheel does: kept in the browser. */
export const wheelSetting = {
  get value() {
    return /** @type {WheelSetting} */ (kept(WHEEL) ?? "auto");
  },
  set value(value) {
    keep(WHEEL, value);
  },
};
