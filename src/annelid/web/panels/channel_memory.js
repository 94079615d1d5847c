// How a person likes channels to be shown: kept in this browser, for images of one project with the same channels.

import { keep, kept } from "../keep.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */

/** @param {PixelFacts} facts */
function keyOf(facts) {
  return `channels.${facts.project}.${facts.dtype}.${facts.channels.map((channel) => channel.name).join("|")}`;
}

/**
 * What was chosen before, for `initialChannels`.
 * @param {PixelFacts} facts
 * @returns {Partial<Channel>[]}
 */
export function keptChannels(facts) {
  try {
    const found = JSON.parse(kept(keyOf(facts)) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return []; // not ours, or cut off
  }
}

/**
 * @param {PixelFacts} facts
 * @param {Channel[]} channels
 * @param {Set<number>} byHand numbers of those whose range was set by hand: that of the others follows each image
 */
export function keepChannels(facts, channels, byHand) {
  const chosen = channels.map(({ shown, color, gamma, low, high }, n) =>
    byHand.has(n) ? { shown, color, gamma, low, high } : { shown, color, gamma },
  );
  keep(keyOf(facts), JSON.stringify(chosen));
}

/** @param {PixelFacts} facts */
export function forgetChannels(facts) {
  keep(keyOf(facts), "[]");
}
