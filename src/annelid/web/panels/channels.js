// Channels: which are shown, in which colour, from which value to which. Pixels themselves never change.

import { fill, h } from "../dom.js";
import { defaultChannel } from "../core/channels.js";
import { channelBlock } from "./channel_block.js";
import { forgetChannels, keepChannels } from "./channel_memory.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */

/**
 * @param {Editor} editor
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function channels(editor) {
  const { facts } = editor.viewer.source;
  const list = h("div", { class: "channels" });
  const element = h("section", { class: "panel", id: "channels" }, h("h3", {}, "Channels"), list);
  if (!facts) return { element, close: () => {} };
  /** @type {Set<number>} */
  const byHand = new Set();
  const change = (/** @type {number[]} */ numbers, /** @type {Partial<Channel>} */ values) => {
    editor.channels.value = editor.channels.value.map((one, n) => (numbers.includes(n) ? { ...one, ...values } : one));
    keepChannels(facts, editor.channels.value, byHand);
  };
  const reset = (/** @type {number[]} */ numbers) => {
    for (const n of numbers) byHand.delete(n);
    const fresh = facts.channels.map((one) => defaultChannel(one));
    editor.channels.value = editor.channels.value.map((one, n) => (numbers.includes(n) ? fresh[n] : one));
    if (numbers.length === fresh.length) forgetChannels(facts);
    else keepChannels(facts, editor.channels.value, byHand);
  };
  const blocks = groupsOf(facts).map((numbers) =>
    channelBlock(facts, numbers, {
      change: (values) => change(numbers, values),
      setRange: (range, isByHand = true) => {
        for (const n of numbers) if (isByHand) byHand.add(n);
          else byHand.delete(n);
        change(numbers, range);
      },
      reset: () => reset(numbers),
    }),
  );
  fill(list, ...blocks.map((block) => block.element));
  const update = () => blocks.forEach((block) => block.update(editor.channels.value[block.number]));
  requestAnimationFrame(update); // when the panel has its width
  return { element, close: editor.channels.subscribe(update) };
}

/**
 * Numbers of the channels that are set together: the three of a colour picture.
 * @param {PixelFacts} facts
 */
function groupsOf(facts) {
  const numbers = facts.channels.map((_, n) => n);
  return facts.is_rgb ? [numbers] : numbers.map((n) => [n]);
}
