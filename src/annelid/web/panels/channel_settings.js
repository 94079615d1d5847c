// What a person does to how channels are shown, and what of it is kept.

import { defaultChannel } from "../core/channels.js";
import { MOST_AT_ONCE } from "../core/lookup.js";
import { forgetChannels, keepChannels, keptChannels } from "./channel_memory.js";

/** @typedef {import("../types.js").Channel} Channel */
/** @typedef {import("../types.js").Editor} Editor */
/** @typedef {import("../core/channels.js").PixelFacts} PixelFacts */

export class ChannelSettings {
  /**
   * @param {Editor} editor
   * @param {PixelFacts} facts
   */
  constructor(editor, facts) {
    this._editor = editor;
    this._facts = facts;
    /** Numbers of those whose range was set by hand. */
    this._byHand = new Set(keptChannels(facts).flatMap(({ low }, n) => (low === undefined ? [] : [n])));
  }

  /**
   * @param {number[]} numbers of the channels
   * @param {Partial<Channel>} values
   * @returns {boolean} whether that can be
   */
  change(numbers, values) {
    const { channels, notify } = this._editor;
    if (values.shown && channels.value.filter((one) => one.shown).length >= MOST_AT_ONCE) {
      notify(`${MOST_AT_ONCE} channels can be shown at once: take another one away first.`, "warning");
      return false;
    }
    channels.value = channels.value.map((one, n) => (numbers.includes(n) ? { ...one, ...values } : one));
    keepChannels(this._facts, channels.value, this._byHand);
    return true;
  }

  /**
   * @param {number[]} numbers
   * @param {{low: number, high: number}} range
   * @param {boolean} isByHand whether it is to stay for other images
   */
  setRange(numbers, range, isByHand) {
    for (const n of numbers) {
      if (isByHand) this._byHand.add(n);
      else this._byHand.delete(n);
    }
    this.change(numbers, range);
  }

  /**
   * As at first.
   * @param {number[]} numbers
   */
  reset(numbers) {
    const { channels } = this._editor;
    for (const n of numbers) this._byHand.delete(n);
    const fresh = this._facts.channels.map((one) => defaultChannel(one));
    channels.value = channels.value.map((one, n) => (numbers.includes(n) ? fresh[n] : one));
    if (numbers.length === fresh.length) forgetChannels(this._facts);
    else keepChannels(this._facts, channels.value, this._byHand);
  }
}
