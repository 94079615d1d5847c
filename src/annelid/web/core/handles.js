// Where an object can be taken hold of, and what becomes of it then: a kind stays what it is wherever that is exact.

import { boxRing, ellipseRing, rotatedBoxRing } from "./figures.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */
/** @typedef {import("../types.js").Shape} Shape */

/**
 * @typedef {Object} Handle
 * @property {"vertex" | "corner" | "axis" | "turn"} role
 * @property {number} part
 * @property {number} ring
 * @property {number} index of the vertex, corner or half axis
 * @property {number} x image pixels
 * @property {number} y image pixels
 */

/** CSS pixels between vertices below which they are too crowded to be taken one by one. */
const CROWDED = 8;
/** CSS pixels from the edge of an ellipse or rotated box to the handle that turns it. */
const STEM = 22;

/**
 * What of an object can be dragged at this zoom.
 * @param {ImageObject} object
 * @param {number} scale CSS pixels an image pixel
 * @returns {Handle[]}
 */
export function handlesOf(object, scale) {
  const { kind, params } = object;
  if (kind === "ellipse" && params) return ellipseHandles(params, scale);
  if (kind === "rotated_box" && params) return rotatedHandles(params, scale);
  return isCrowded(object.shape, scale) ? [] : vertexHandles(object.shape, kind === "box" ? "corner" : "vertex");
}

/**
 * @param {Shape} shape
 * @param {"vertex" | "corner"} role
 * @returns {Handle[]}
 */
function vertexHandles(shape, role) {
  /** @type {Handle[]} */
  const handles = [];
  shape.forEach((rings, part) =>
    rings.forEach((points, ring) => {
      for (let i = 0; i < points.length; i += 2) {
        handles.push({ role, part, ring, index: i / 2, x: points[i], y: points[i + 1] });
      }
    }),
  );
  return handles;
}

/**
 * @param {Shape} shape
 * @param {number} scale
 */
function isCrowded(shape, scale) {
  let length = 0;
  let count = 0;
  for (const ring of shape.flat()) {
    count += ring.length / 2;
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      length += Math.hypot(ring[j] - ring[i], ring[j + 1] - ring[i + 1]);
    }
  }
  return count > 4 && (length * scale) / count < CROWDED;
}

/**
 * @param {number[]} params
 * @param {number} scale
 * @returns {Handle[]}
 */
function ellipseHandles(params, scale) {
  const [cx = 0, cy = 0, rx = 0, ry = 0, angle = 0] = params;
  const ends = [
    [rx, 0],
    [0, ry],
    [-rx, 0],
    [0, -ry],
  ];
  const axes = ends.map(([u = 0, v = 0], index) => handle("axis", index, turned(cx, cy, angle, u, v)));
  return [...axes, handle("turn", 0, turned(cx, cy, angle, 0, -ry - STEM / scale))];
}

/**
 * @param {number[]} params
 * @param {number} scale
 * @returns {Handle[]}
 */
function rotatedHandles(params, scale) {
  const [cx = 0, cy = 0, , height = 0, angle = 0] = params;
  const ring = rotatedBoxRing(params);
  const corners = [0, 1, 2, 3].map((i) => handle("corner", i, [ring[2 * i], ring[2 * i + 1]]));
  return [...corners, handle("turn", 0, turned(cx, cy, angle, 0, -height / 2 - STEM / scale))];
}

/**
 * @param {Handle["role"]} role
 * @param {number} index
 * @param {number[]} point
 * @returns {Handle}
 */
function handle(role, index, [x = 0, y = 0]) {
  return { role, part: 0, ring: 0, index, x, y };
}

/**
 * A point given along the axes of something turned, in image pixels.
 * @param {number} cx
 * @param {number} cy
 * @param {number} angle
 * @param {number} u
 * @param {number} v
 */
function turned(cx, cy, angle, u, v) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cx + u * cos - v * sin, cy + u * sin + v * cos];
}

/**
 * The object after one of its handles was dragged to a place.
 * @param {ImageObject} object
 * @param {Handle} held
 * @param {number} x
 * @param {number} y
 * @returns {ImageObject}
 */
export function dragged(object, held, x, y) {
  if (object.kind === "ellipse" && object.params) return withParams(object, ellipseDragged(object.params, held, x, y));
  if (object.kind === "rotated_box" && object.params) {
    return withParams(object, rotatedDragged(object.params, held, x, y));
  }
  if (held.role === "corner") return boxDragged(object, held.index, x, y);
  const kind = object.kind === "mask" ? "polygon" : object.kind;
  return { ...object, kind, shape: withVertex(object.shape, held, x, y) };
}

/**
 * @param {number[]} params
 * @param {Handle} held
 * @param {number} x
 * @param {number} y
 */
function ellipseDragged(params, held, x, y) {
  const [cx = 0, cy = 0, rx = 0, ry = 0, angle = 0] = params;
  if (held.role === "turn") return [cx, cy, rx, ry, towards(cx, cy, x, y)];
  const [u, v] = along(x - cx, y - cy, angle);
  return held.index % 2 === 0 ? [cx, cy, atLeast(u), ry, angle] : [cx, cy, rx, atLeast(v), angle];
}

/**
 * The corner goes along, the one across from it stays.
 * @param {number[]} params
 * @param {Handle} held
 * @param {number} x
 * @param {number} y
 */
function rotatedDragged(params, held, x, y) {
  const [cx = 0, cy = 0, width = 0, height = 0, angle = 0] = params;
  if (held.role === "turn") return [cx, cy, width, height, towards(cx, cy, x, y)];
  const ring = rotatedBoxRing(params);
  const across = 2 * ((held.index + 2) % 4);
  const [ax, ay] = [ring[across], ring[across + 1]];
  const [u, v] = along(x - ax, y - ay, angle);
  return [(ax + x) / 2, (ay + y) / 2, atLeast(u), atLeast(v), angle];
}

/**
 * @param {ImageObject} object
 * @param {number} index
 * @param {number} x
 * @param {number} y
 * @returns {ImageObject}
 */
function boxDragged(object, index, x, y) {
  const ring = object.shape[0]?.[0] ?? [];
  const across = 2 * ((index + 2) % 4);
  return { ...object, shape: [[boxBetween(x, y, ring[across], ring[across + 1])]] };
}

/**
 * The corners of the box between two points, clockwise from the top left.
 * @param {number} ax
 * @param {number} ay
 * @param {number} bx
 * @param {number} by
 */
export function boxBetween(ax, ay, bx, by) {
  return boxRing(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by));
}

/**
 * An ellipse or rotated box with other parameters.
 * @param {ImageObject} object
 * @param {number[]} params
 * @returns {ImageObject}
 */
export function withParams(object, params) {
  const ring = object.kind === "ellipse" ? ellipseRing(params) : rotatedBoxRing(params);
  return { ...object, params, shape: [[ring]] };
}

/**
 * @param {Shape} shape
 * @param {{part: number, ring: number, index: number}} at
 * @param {number} x
 * @param {number} y
 * @returns {Shape}
 */
function withVertex(shape, at, x, y) {
  return withRing(shape, at, (ring) =>
    ring.map((value, i) => (i === 2 * at.index ? x : i === 2 * at.index + 1 ? y : value)),
  );
}

/**
 * A shape with one of its rings made anew.
 * @param {Shape} shape
 * @param {{part: number, ring: number}} at
 * @param {(ring: number[]) => number[]} made
 * @returns {Shape}
 */
export function withRing(shape, at, made) {
  return shape.map((rings, part) =>
    part === at.part ? rings.map((ring, i) => (i === at.ring ? made(ring) : ring)) : rings,
  );
}

/**
 * Lengths along the axes of something turned.
 * @param {number} dx
 * @param {number} dy
 * @param {number} angle
 */
function along(dx, dy, angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return /** @type {const} */ ([dx * cos + dy * sin, -dx * sin + dy * cos]);
}

/** @param {number} length */
function atLeast(length) {
  return Math.max(0.5, Math.abs(length));
}

/**
 * The angle at which the handle above the top edge points to a place.
 * @param {number} cx
 * @param {number} cy
 * @param {number} x
 * @param {number} y
 */
function towards(cx, cy, x, y) {
  return Math.atan2(y - cy, x - cx) + Math.PI / 2;
}
