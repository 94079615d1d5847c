/** @typedef {import("../drop.js").Given} Given */

/**
 * What somebody gave to be imported.
 * @typedef {Object} Intake
 * @property {Given[]} files without junk, each path once
 * @property {{image: number, annotation: number, zip: number, other: number}} kinds
 * @property {number} bytes
 * @property {number} junk files of the system that were left out
 */

const IMAGES = /\.(tiff?|png|jpe?g|bmp|czi|nd2|lif|svs|ndpi|mrxs|scn|vms|vmu|bif|dcm|btf|tf8|stk|lsm)$/i;
const ANNOTATION = /\.(json|geojson|geojson\.gz|xml|txt|ya?ml|roi|npy|csv)$/i;
const JUNK = /^(\.ds_store|thumbs\.db|ehthumbs\.db|desktop\.ini)$|^\._/i;

/**
 * Take stock of what was given.
 * @param {Given[]} given
 * @returns {Intake}
 */
export function takeStock(given) {
  const kept = given.filter(({ path }) => !isJunk(path));
  const files = [...new Map(kept.map((one) => [one.path, one])).values()];
  const kinds = { image: 0, annotation: 0, zip: 0, other: 0 };
  for (const { path } of files) kinds[kindOf(path)] += 1;
  return { files, kinds, bytes: files.reduce((sum, { file }) => sum + file.size, 0), junk: given.length - kept.length };
}

/**
 * What the name of a file promises. A file in an OME-Zarr is part of an image.
 * @param {string} path
 * @returns {"image" | "annotation" | "zip" | "other"}
 */
export function kindOf(path) {
  if (/\.zarr\//i.test(path) || IMAGES.test(path)) return "image";
  if (/\.zip$/i.test(path)) return "zip";
  return ANNOTATION.test(path) ? "annotation" : "other";
}

/**
 * Whether a file is the litter of a system.
 * @param {string} path
 */
export function isJunk(path) {
  const parts = path.split("/");
  return parts.includes("__MACOSX") || JUNK.test(parts[parts.length - 1] ?? "");
}

/** A name for a batch of uploads that no other has. */
export function newBatch() {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `b${Date.now().toString(36)}-${[...random].map((part) => part.toString(36)).join("")}`;
}
