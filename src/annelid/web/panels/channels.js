// Channels: which are shown, in which colour, from which value to which. Pixels themselves never change.

import { fill, h } from "../dom.js";
import { channelBlock } from "./channel_block.js";
import { ChannelSettings } from "./channel_settings.js";

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
  const settings = new ChannelSettings(editor, facts);
  const blocks = groupsOf(facts).map((numbers) =>
    channelBlock(facts, numbers, {
      change: (values) => settings.change(numbers, values) || update(),
      setRange: (range, isByHand = true) => settings.setRange(numbers, range, isByHand),
      reset: () => settings.reset(numbers),
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
