// What turning a wheel or moving two fingers on a trackpad means.

const SAME_GESTURE_MS = 160;
const NOTCH = 40;

/** @typedef {"auto" | "zoom" | "pan"} WheelSetting */
/**
 * @typedef {Object} WheelLike
 * @property {number} deltaX
 * @property {number} deltaY
 * @property {number} deltaMode 0 pixels, 1 lines, 2 pages
 * @property {boolean} ctrlKey also set by browsers for a pinch
 * @property {boolean} metaKey
 * @property {boolean} shiftKey
 * @property {number} timeStamp
 */
/** @typedef {{zoom: number} | {dx: number, dy: number}} Intent */

/** Tells a wheel from a trackpad by how a gesture begins. */
export class Wheel {
  /** @param {() => WheelSetting} setting what a turn without Ctrl shall do */
  constructor(setting = () => "auto") {
    this._setting = setting;
    this._isMouse = false;
    this._last = -Infinity;
  }

  /**
   * @param {WheelLike} event
   * @returns {Intent} a factor to zoom by, or CSS pixels to move the image by
   */
  meaning(event) {
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.timeStamp - this._last > SAME_GESTURE_MS) this._isMouse = looksLikeMouse(event);
    this._last = event.timeStamp;
    if (event.ctrlKey || event.metaKey) return { zoom: Math.exp(-clamp(dy, this._isMouse ? 24 : 40) * 0.01) };
    const setting = this._setting();
    const zooms = setting === "zoom" || (setting === "auto" && this._isMouse);
    if (zooms && !event.shiftKey) return { zoom: Math.exp(-clamp(dy, 240) * 0.0022) };
    return event.shiftKey && !dx ? { dx: -dy, dy: 0 } : { dx: -dx, dy: -dy };
  }
}

/** @param {WheelLike} event */
function looksLikeMouse(event) {
  if (event.deltaMode !== 0) return true;
  return event.deltaX === 0 && Number.isInteger(event.deltaY) && Math.abs(event.deltaY) >= NOTCH;
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.max(-most, Math.min(most, value));
}
