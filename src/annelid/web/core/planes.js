// Planes of a stack, and the id of the view that a plane would be.

/** @typedef {{t: number, z: number, projection?: string}} Plane */

export const PROJECTIONS = ["", "max", "mean", "sum", "focus"];

/**
 * The id of the view of another plane of the same image, as the server makes it.
 * @param {{image: string, plane: {scene: number}}} view
 * @param {Plane} plane
 */
export function viewIdOf({ image, plane: { scene } }, { t, z, projection = "" }) {
  const ofScene = scene ? `:s${scene}` : "";
  return projection || t || z ? `${image}${ofScene}:t${t}${projection || `z${z}`}` : `${image}${ofScene}`;
}

/**
 * A step along an axis, not beyond its ends.
 * @param {Plane} plane
 * @param {"t" | "z"} axis
 * @param {number} step
 * @param {[number, number]} counts of time points and focal planes
 * @returns {Plane}
 */
export function stepped(plane, axis, step, [times, depths]) {
  const most = (axis === "t" ? times : depths) - 1;
  const next = Math.max(0, Math.min(most, plane[axis] + step));
  return { ...plane, [axis]: next, projection: axis === "z" ? "" : (plane.projection ?? "") };
}

/**
 * @param {Plane} a
 * @param {Plane} b
 */
export function isSamePlane(a, b) {
  return a.t === b.t && (a.projection ?? "") === (b.projection ?? "") && (!!a.projection || a.z === b.z);
}
