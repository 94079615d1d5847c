// What happens to one object at a time: values in, values out.

import { withRing } from "./handles.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("../types.js").Shape} Shape */
/** @typedef {{part: number, ring: number, index: number}} VertexPlace */

/**
 * The object somewhere else; every kind stays what it is.
 * @param {ImageObject} object
 * @param {number} dx
 * @param {number} dy
 * @returns {ImageObject}
 */
export function moved(object, dx, dy) {
  const shape = object.shape.map((rings) => rings.map((ring) => ring.map((value, i) => value + (i % 2 ? dy : dx))));
  const [cx = 0, cy = 0, ...rest] = object.params ?? [];
  return { ...object, shape, params: object.params && [cx + dx, cy + dy, ...rest] };
}

/**
 * The object with another shape, that its kind may no longer be able to say.
 * @param {ImageObject} object
 * @param {Shape} shape
 * @param {"polygon" | "mask"} kind
 * @returns {ImageObject}
 */
export function reshaped(object, shape, kind) {
  return { ...object, shape, kind, params: null };
}

/**
 * The object with a new vertex on an edge.
 * @param {ImageObject} object
 * @param {VertexPlace} at the vertex is put after this one
 * @param {number} x
 * @param {number} y
 */
export function withVertexAfter(object, at, x, y) {
  const put = (/** @type {Ring} */ ring) => [...ring.slice(0, 2 * at.index + 2), x, y, ...ring.slice(2 * at.index + 2)];
  return reshaped(object, withRing(object.shape, at, put), "polygon");
}

/**
 * The object without some vertices; a ring with fewer than three left goes, a part goes with its outline.
 * @param {ImageObject} object
 * @param {VertexPlace[]} places
 * @returns {ImageObject | null} null when nothing is left
 */
export function withoutVertices(object, places) {
  const gone = new Set(places.map((at) => `${at.part} ${at.ring} ${at.index}`));
  const rings = object.shape.map((part, p) =>
    part.map((ring, r) => ring.filter((_, i) => !gone.has(`${p} ${r} ${i >> 1}`))),
  );
  const shape = rings.filter((part) => part[0]?.length >= 6).map((part) => part.filter((ring) => ring.length >= 6));
  return shape.length ? reshaped(object, shape, "polygon") : null;
}

/**
 * A rotated box along an edge from a to b, as wide as the third point lies away from it.
 * @param {[number, number]} a
 * @param {[number, number]} b
 * @param {[number, number]} aside
 * @returns {number[]} cx, cy, width, height, angle
 */
export function rotatedBoxOn(a, b, aside) {
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const [nx, ny] = [-Math.sin(angle), Math.cos(angle)];
  const height = (aside[0] - a[0]) * nx + (aside[1] - a[1]) * ny;
  const centre = [(a[0] + b[0]) / 2 + (nx * height) / 2, (a[1] + b[1]) / 2 + (ny * height) / 2];
  return [...centre, Math.hypot(b[0] - a[0], b[1] - a[1]), Math.abs(height), angle];
}

/**
 * The vertices without those that lie closer to the one before than a distance.
 * @param {Ring} ring
 * @param {number} distance
 */
export function spaced(ring, distance) {
  /** @type {number[]} */
  const kept = [];
  for (let i = 0; i < ring.length; i += 2) {
    const [x = 0, y = 0, lastX = Infinity, lastY = Infinity] = [ring[i], ring[i + 1], kept.at(-2), kept.at(-1)];
    if (!(Math.hypot(x - lastX, y - lastY) < distance)) kept.push(x, y);
  }
  return kept;
}
