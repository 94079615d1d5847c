import { counted } from "./words.js";

/** @typedef {import("../types.js").ImageObject} ImageObject */

/**
 * Those with at least a score; what has none was drawn for sure.
 * @param {ImageObject[]} objects
 * @param {number} least 0..1
 */
export function above(objects, least) {
  return objects.filter(({ score }) => (score ?? 1) >= least);
}

/**
 * @param {number} open
 * @param {number} seen
 */
export function sayOpen(open, seen) {
  if (!open) return "No proposals are open on this image.";
  return `${counted(open, "proposal")} open${seen < open ? `, ${seen} shown` : ""}.`;
}

/**
 * What is to be said of a job beside an image.
 * @param {{verb: string, state: string, arguments: {images?: string[], model?: string, conf?: number}, error?: {message?: string, next_step?: string}}} job
 * @param {string} view id
 * @returns {string | null} null when it is another's; of a finished one what is said where no proposals came of it
 */
export function jobOfView({ verb, state, arguments: given, error }, view) {
  const images = given.images ?? [];
  if (verb !== "propose" || (images.length && !images.includes(view))) return null;
  if (state === "queued") return "Proposals are queued.";
  if (state === "running") return "Objects are being proposed …";
  if (state === "failed") return `No proposals: ${[error?.message, error?.next_step].filter(Boolean).join(": ")}`;
  if (state !== "finished") return "";
  const least = given.conf === undefined ? "" : ` with a score of ${given.conf} or more`;
  return `${given.model ?? "The model"} found nothing${least}: propose with a lower score, or annotate more and train.`;
}
