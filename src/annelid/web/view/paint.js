import { traceNear } from "../core/near.js";

/** @typedef {import("../core/geometry.js").Box} Box */
/** @typedef {import("../types.js").Ring} Ring */
/** @typedef {import("./batches.js").Piece} Piece */
/** @typedef {import("./object_style.js").Style} Style */

/** @typedef {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} Context */

/**
 * Where the image lies on a canvas: device pixels = image pixels * scale + (x, y).
 * @typedef {{scale: number, x: number, y: number}} Place
 */

/** How far, in device pixels, a thinned outline may lie from the true one. */
const TOLERANCE = 0.4;
/** Device pixels below which an object is a dot. */
const DOT = 3;
const HATCH = 8;
/** Vertices beyond which a ring is cut short outside of the canvas. */
const LONG = 200;
/** Device pixels outside of the canvas from which a line can still be seen. */
const MARGIN = 40;

/**
 * Draw pieces: all insides first, so that no outline is covered.
 * @param {Context} context
 * @param {{style: Style, pieces: Piece[]}[]} batches from the lowest to the highest
 * @param {Place} place
 * @param {number} ratio device pixels a CSS pixel
 */
export function paintBatches(context, batches, place, ratio) {
  const { width, height } = context.canvas;
  /** @type {Box} */
  const box = [-MARGIN, -MARGIN, width + MARGIN, height + MARGIN];
  const paths = batches.map(({ style, pieces }) => pathOf(pieces, style, place, box, ratio));
  batches.forEach(({ style }, n) => {
    context.fillStyle = style.hatched ? hatching(context, style.color, place, ratio) : style.fill;
    context.fill(paths[n], "evenodd");
  });
  batches.forEach(({ style }, n) => {
    context.setLineDash(style.dash);
    if (style.casing) stroke(context, paths[n], style.casing, style.width + 1.5 * ratio);
    stroke(context, paths[n], style.color, style.width);
  });
}

/**
 * @param {Context} context
 * @param {Path2D} path
 * @param {string} color
 * @param {number} width
 */
function stroke(context, path, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke(path);
}

/**
 * @param {Piece[]} pieces
 * @param {Style} style
 * @param {Place} place
 * @param {Box} box device pixels that matter
 * @param {number} ratio
 */
function pathOf(pieces, { width, dash }, place, box, ratio) {
  const path = new Path2D();
  const { scale, x, y } = place;
  for (const piece of pieces) {
    const [x1, y1, x2, y2] = piece.box;
    if (x1 === x2 && y1 === y2) traceCross(path, x1 * scale + x, y1 * scale + y, 6 * ratio);
    else if (Math.max(x2 - x1, y2 - y1) * scale < DOT) traceDot(path, piece, place);
    else if (piece.isBox) traceBox(path, piece, place, width);
    else traceRings(path, piece, place, dash.length ? null : box);
  }
  return path;
}

/**
 * The outlines of a piece, with the vertices that are needed at this scale.
 * @param {Path2D} path
 * @param {Piece} piece
 * @param {Place} place
 * @param {Box | null} box device pixels that matter; null where the line has to be whole, as its dashes are counted
 */
function traceRings(path, { rings, needed }, place, box) {
  const tolerance = TOLERANCE / place.scale;
  rings.forEach((ring, n) => {
    if (box && needed[n].length > LONG) traceNear(path, ring, (i) => needed[n][i] > tolerance, place, box);
    else traceRing(path, ring, needed[n], tolerance, place);
  });
}

/**
 * @param {Path2D} path
 * @param {Ring} ring
 * @param {Float32Array} needed
 * @param {number} tolerance image pixels
 * @param {Place} place
 */
function traceRing(path, ring, needed, tolerance, { scale, x, y }) {
  path.moveTo(ring[0] * scale + x, ring[1] * scale + y);
  for (let i = 1; i < needed.length; i++) {
    if (needed[i] > tolerance) path.lineTo(ring[2 * i] * scale + x, ring[2 * i + 1] * scale + y);
  }
  path.closePath();
}

/**
 * @param {Path2D} path
 * @param {Piece} piece
 * @param {Place} place
 */
function traceDot(path, { box: [x1, y1, x2, y2] }, { scale, x, y }) {
  path.rect(x1 * scale + x, y1 * scale + y, Math.max((x2 - x1) * scale, 1), Math.max((y2 - y1) * scale, 1));
}

/**
 * A box whose lines fall on whole device pixels.
 * @param {Path2D} path
 * @param {Piece} piece
 * @param {Place} place
 * @param {number} width of the line
 */
function traceBox(path, piece, { scale, x, y }, width) {
  const half = (Math.round(width) % 2) / 2;
  const [x1, x2] = [piece.box[0], piece.box[2]].map((value) => Math.round(value * scale + x) + half);
  const [y1, y2] = [piece.box[1], piece.box[3]].map((value) => Math.round(value * scale + y) + half);
  path.rect(x1, y1, x2 - x1, y2 - y1);
}

/**
 * @param {Path2D} path
 * @param {number} x
 * @param {number} y
 * @param {number} arm
 */
function traceCross(path, x, y, arm) {
  path.moveTo(x - arm, y);
  path.lineTo(x + arm, y);
  path.moveTo(x, y - arm);
  path.lineTo(x, y + arm);
}

/** @type {Map<string, CanvasPattern>} */
const patterns = new Map();

/**
 * Slanted lines that move with the image.
 * @param {Context} context
 * @param {string} color
 * @param {Place} place
 * @param {number} ratio
 */
function hatching(context, color, place, ratio) {
  const side = Math.round(HATCH * ratio);
  const key = `${color} ${side}`;
  const pattern = patterns.get(key) ?? hatch(context, color, side);
  patterns.set(key, pattern);
  pattern.setTransform(new DOMMatrix([1, 0, 0, 1, place.x % side, place.y % side]));
  return pattern;
}

/**
 * @param {Context} context
 * @param {string} color
 * @param {number} side device pixels
 */
function hatch(context, color, side) {
  const canvas = new OffscreenCanvas(side, side);
  const brush = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  brush.strokeStyle = color;
  brush.lineWidth = side / 8;
  brush.beginPath();
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift - 1, side + 1);
    brush.lineTo(shift + side + 1, -1);
  }
  brush.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(canvas, "repeat"));
}
