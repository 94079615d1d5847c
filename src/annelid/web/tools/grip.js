// What of a selected object lies under the pointer.

import { handlesOf } from "../core/handles.js";
import { nearestEdge } from "../core/nearest.js";
import { withVertexAfter } from "../core/reshape.js";
import { imageLength, reach } from "./place.js";

/** @typedef {import("../core/handles.js").Handle} Handle */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").ToolEvent} ToolEvent */
/** @typedef {{part: number, ring: number, index: number, x: number, y: number}} EdgePlace */

/** CSS pixels that an edge has to be long before its middle can be dragged. */
const LONG_EDGE = 26;

/**
 * The handle under a place.
 * @param {ImageObject} object
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 * @param {number} tolerance image pixels
 * @returns {Handle | null}
 */
export function handleAt(object, scale, x, y, tolerance) {
  return nearest(handlesOf(object, scale), x, y, tolerance);
}

/**
 * The middle of an edge under a place, from which a new vertex can be dragged.
 * @param {ImageObject} object
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 * @param {number} tolerance image pixels
 * @returns {EdgePlace | null}
 */
export function edgeMiddleAt(object, scale, x, y, tolerance) {
  if (!hasVertices(object) || !handlesOf(object, scale).length) return null;
  const middles = [...edges(object)]
    .filter(({ ax, ay, bx, by }) => Math.hypot(bx - ax, by - ay) * scale >= LONG_EDGE)
    .map(({ at, ax, ay, bx, by }) => ({ ...at, x: (ax + bx) / 2, y: (ay + by) / 2 }));
  return nearest(middles, x, y, tolerance);
}

/**
 * The nearest place on an edge.
 * @param {ImageObject} object
 * @param {number} x
 * @param {number} y
 * @param {number} tolerance image pixels
 * @returns {EdgePlace | null}
 */
export function edgeAt(object, x, y, tolerance) {
  const edge = hasVertices(object) ? nearestEdge(object.shape, x, y) : null;
  return edge && edge.distance <= tolerance ? edge : null;
}

/**
 * What a press takes hold of: a handle, or a new vertex in the middle of an edge.
 * @param {ImageObject} object
 * @param {ToolEvent} event
 * @param {Editor} editor
 * @returns {{object: ImageObject, handle: Handle} | null}
 */
export function hold(object, event, editor) {
  const scale = editor.viewer.transform.value.scale;
  const tolerance = imageLength(editor, reach(event));
  const handle = handleAt(object, scale, event.x, event.y, tolerance);
  if (handle) return { object, handle };
  const middle = edgeMiddleAt(object, scale, event.x, event.y, tolerance);
  if (!middle) return null;
  const grown = withVertexAfter(object, middle, middle.x, middle.y);
  return { object: grown, handle: { ...middle, role: "vertex", index: middle.index + 1 } };
}

/** @param {ImageObject} object */
function hasVertices(object) {
  return object.kind === "polygon" || object.kind === "mask";
}

/** @param {ImageObject} object */
function* edges(object) {
  for (const [part, rings] of object.shape.entries()) {
    for (const [ring, points] of rings.entries()) {
      for (let i = 0; i < points.length; i += 2) {
        const j = (i + 2) % points.length;
        yield { at: { part, ring, index: i / 2 }, ax: points[i], ay: points[i + 1], bx: points[j], by: points[j + 1] };
      }
    }
  }
}

/**
 * @template {{x: number, y: number}} T
 * @param {T[]} places
 * @param {number} x
 * @param {number} y
 * @param {number} tolerance
 * @returns {T | null}
 */
function nearest(places, x, y, tolerance) {
  let best = null;
  let least = tolerance;
  for (const place of places) {
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance <= least) [best, least] = [place, distance];
  }
  return best;
}
