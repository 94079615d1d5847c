// The image by WebGL2: channels stay on the graphics card as raw values; a shader colours each tile once, and again
// when contrast changes.

import { MOST_AT_ONCE, rgbOf } from "../core/lookup.js";
import { composeProgram, pictureProgram } from "./compose_program.js";

/** @typedef {import("./tile_request.js").Tile} Tile */
/** @typedef {import("./draw_list.js").Piece} Piece */
/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../core/lookup.js").Plane} Plane */
/** @typedef {import("../core/lookup.js").PixelType} PixelType */
/** @typedef {{planes: Map<number, WebGLTexture>, picture: WebGLTexture, version: number}} Held */

const MOST_KEPT = 160;
const GROUND = 0x16191c;
/** Pixels: where a pixel of the screen lies between two of the image, both ways of drawing take the same. */
const NUDGE = 1e-3;

export class ImageLayer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{evenSlow?: boolean}} [options] whether a graphics card that is only imitated will do
   * @throws {Error} there is no WebGL2
   */
  constructor(canvas, { evenSlow = false } = {}) {
    const wish = { alpha: false, antialias: false, depth: false, failIfMajorPerformanceCaveat: !evenSlow };
    const gl = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext("webgl2", wish));
    if (!gl) throw new Error("this browser has no WebGL2");
    if (!evenSlow && isImitated(gl)) {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
      throw new Error("the processor imitates a graphics card");
    }
    this._gl = gl;
    this._canvas = canvas;
    this._version = 0;
    /** @type {{index: number, range: [number, number, number], color: [number, number, number]}[]} */
    this._shown = [];
    /** @type {PixelType} */
    this._dtype = "uint8";
    /** @type {Map<Tile, Held>} the one used last is last */
    this._held = new Map();
    /** @type {Map<string, ReturnType<typeof composeProgram>>} */
    this._programs = new Map();
    this._picture = pictureProgram(gl);
    this._target = gl.createFramebuffer();
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
  }

  /**
   * How channels are shown from now on.
   * @param {Channel[]} channels
   * @param {PixelType} dtype
   */
  setChannels(channels, dtype) {
    this._dtype = dtype;
    this._shown = channels.flatMap(({ shown, low, high, gamma, color }, index) =>
      shown ? [{ index, range: [low, 1 / (high - low || 1), gamma], color: rgbOf(color) }] : [],
    );
    this._shown.length = Math.min(this._shown.length, MOST_AT_ONCE);
    this._version++;
  }

  /**
   * @param {Piece[]} pieces
   * @returns {boolean} whether something is left for the next frame
   */
  draw(pieces) {
    const gl = this._gl;
    const pictures = pieces.map((piece) => this._coloured(piece.tile));
    const { width, height } = this._canvas;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    gl.clearColor((GROUND >> 16) / 255, ((GROUND >> 8) & 255) / 255, (GROUND & 255) / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(this._picture.program);
    gl.activeTexture(gl.TEXTURE0);
    pieces.forEach((piece, n) => this._drawPiece(piece, pictures[n]));
    this._forgetOld();
    return false;
  }

  /**
   * @param {Piece} piece
   * @param {WebGLTexture} picture
   */
  _drawPiece({ source, target, smooth }, picture) {
    const gl = this._gl;
    const [w, h] = [this._canvas.width / 2, this._canvas.height / 2];
    gl.bindTexture(gl.TEXTURE_2D, picture);
    gl.uniform1i(this._picture.blended, smooth ? 1 : 0);
    const [left, top, right, bottom] = smooth ? source : source.map((side) => side - NUDGE);
    gl.uniform4f(this._picture.source, left, top, right, bottom);
    const [x1, y1, x2, y2] = target;
    gl.uniform4f(this._picture.target, x1 / w - 1, 1 - y1 / h, x2 / w - 1, 1 - y2 / h);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /**
   * The texture of a tile in the present colours.
   * @param {Tile} tile
   * @returns {WebGLTexture}
   */
  _coloured(tile) {
    const held = this._held.get(tile) ?? this._uploaded(tile);
    this._held.delete(tile);
    this._held.set(tile, held);
    if (held.version !== this._version) this._compose(tile, held);
    return held.picture;
  }

  /**
   * @param {Tile} tile
   * @returns {Held}
   */
  _uploaded({ width, height }) {
    const gl = this._gl;
    const picture = this._texture();
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
    return { planes: new Map(), picture, version: -1 };
  }

  _texture() {
    const gl = this._gl;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const size of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, size, gl.NEAREST);
    }
    return texture;
  }

  /**
   * @param {Tile} tile
   * @param {Held} held
   */
  _compose(tile, held) {
    const gl = this._gl;
    const shown = this._shown.filter(({ index }) => tile.planes.has(index));
    const { program, range, color } = this._program(shown.length);
    gl.useProgram(program);
    shown.forEach(({ index }, n) => {
      gl.activeTexture(gl.TEXTURE0 + n);
      gl.bindTexture(gl.TEXTURE_2D, this._plane(tile, held, index));
    });
    if (shown.length) {
      gl.uniform3fv(
        range,
        shown.flatMap((one) => one.range),
      );
      gl.uniform3fv(
        color,
        shown.flatMap((one) => one.color),
      );
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, this._target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, held.picture, 0);
    gl.viewport(0, 0, tile.width, tile.height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    held.version = this._version;
  }

  /** @param {number} count */
  _program(count) {
    const key = `${this._dtype} ${count}`;
    const known = this._programs.get(key) ?? composeProgram(this._gl, this._dtype, count);
    this._programs.set(key, known);
    return known;
  }

  /**
   * The texture of one channel.
   * @param {Tile} tile
   * @param {Held} held
   * @param {number} index
   */
  _plane(tile, held, index) {
    const known = held.planes.get(index);
    if (known) return known;
    const gl = this._gl;
    const texture = this._texture();
    const values = finite(/** @type {Plane} */ (tile.planes.get(index)));
    const [inside, format, type] = formatOf(gl, this._dtype);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, tile.width, tile.height, 0, format, type, values);
    held.planes.set(index, texture);
    return texture;
  }

  _forgetOld() {
    for (const [tile, held] of this._held) {
      if (this._held.size <= MOST_KEPT) break;
      this._drop(held);
      this._held.delete(tile);
    }
  }

  /** @param {Held} held */
  _drop(held) {
    for (const texture of [held.picture, ...held.planes.values()]) this._gl.deleteTexture(texture);
  }

  /** Let go of the graphics card. */
  close() {
    for (const held of this._held.values()) this._drop(held);
    this._held.clear();
    this._gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/**
 * Whether the processor does a graphics card's work: then it is quicker without.
 * @param {WebGL2RenderingContext} gl
 */
function isImitated(gl) {
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {PixelType} dtype
 * @returns {[number, number, number]} internal format, format, type
 */
function formatOf(gl, dtype) {
  if (dtype === "uint8") return [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE];
  if (dtype === "uint16") return [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT];
  if (dtype === "int16") return [gl.R16I, gl.RED_INTEGER, gl.SHORT];
  return [gl.R32F, gl.RED, gl.FLOAT];
}

/**
 * Shaders may take not-a-number for anything: it is black here as it is without them.
 * @param {Plane} values
 */
function finite(values) {
  if (!(values instanceof Float32Array) || !values.some(Number.isNaN)) return values;
  return values.map((value) => (Number.isNaN(value) ? -3e38 : value));
}
