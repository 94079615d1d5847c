// The shaders of the image layer: raw channels become a coloured tile, coloured tiles become the picture.

/** @typedef {import("../core/lookup.js").PixelType} PixelType */

const CORNERS = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const PLACED = `#version 300 es
uniform vec4 source;
uniform vec4 target;
out vec2 place;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  place = mix(source.xy, source.zw, corner);
  vec2 at = mix(target.xy, target.zw, corner);
  gl_Position = vec4(at.x, at.y, 0.0, 1.0);
}`;

/** In sixteenths of a pixel, as canvases do it: both ways of drawing look the same. */
const SAMPLED = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform bool blended;
in vec2 place;
out vec4 color;
vec3 at(ivec2 pixel) {
  return texelFetch(picture, clamp(pixel, ivec2(0), textureSize(picture, 0) - 1), 0).rgb;
}
void main() {
  if (!blended) { color = vec4(at(ivec2(floor(place))), 1.0); return; }
  vec2 corner = floor((place - 0.5) * 16.0) / 16.0;
  ivec2 pixel = ivec2(floor(corner));
  vec2 part = corner - floor(corner);
  vec3 above = mix(at(pixel), at(pixel + ivec2(1, 0)), part.x);
  vec3 below = mix(at(pixel + ivec2(0, 1)), at(pixel + ivec2(1, 1)), part.x);
  color = vec4(mix(above, below, part.y), 1.0);
}`;

const SAMPLERS = { uint8: "usampler2D", uint16: "usampler2D", int16: "isampler2D", float32: "sampler2D" };

/**
 * The shader that adds channels up.
 * @param {PixelType} dtype
 * @param {number} count of the channels
 */
function composing(dtype, count) {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const declared = numbers.map((n) => `uniform ${SAMPLERS[dtype]} plane${n};`).join("\n");
  const added = numbers
    .map((n) => `sum += bright(float(texelFetch(plane${n}, at, 0).r), range[${n}]) * color[${n}];`)
    .join("\n  ");
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
precision highp isampler2D;
${declared}
uniform vec3 range[${Math.max(1, count)}];
uniform vec3 color[${Math.max(1, count)}];
out vec4 result;
float bright(float value, vec3 range) {
  float part = clamp((value - range.x) * range.y, 0.0, 1.0);
  return part > 0.0 ? pow(part, range.z) : 0.0;
}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec3 sum = vec3(0.0);
  ${added}
  result = vec4(min(sum, 1.0), 1.0);
}`;
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {string} vertex
 * @param {string} fragment
 * @returns {WebGLProgram}
 */
function linked(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, source] of /** @type {const} */ ([
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ])) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error("the graphics context was lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`shader: ${gl.getProgramInfoLog(program)}`);
  return program;
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {PixelType} dtype
 * @param {number} count of the channels
 */
export function composeProgram(gl, dtype, count) {
  const program = linked(gl, CORNERS, composing(dtype, count));
  gl.useProgram(program);
  for (let n = 0; n < count; n++) gl.uniform1i(gl.getUniformLocation(program, `plane${n}`), n);
  const range = gl.getUniformLocation(program, "range");
  return { program, range, color: gl.getUniformLocation(program, "color") };
}

/** @param {WebGL2RenderingContext} gl */
export function pictureProgram(gl) {
  const program = linked(gl, PLACED, SAMPLED);
  const at = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
  return { program, source: at("source"), target: at("target"), blended: at("blended") };
}
