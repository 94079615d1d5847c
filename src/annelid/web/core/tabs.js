import { newId } from "./ids.js";

/** @typedef {import("./journal.js").Tabs} Tabs */

const ANSWER_MS = 300;

/**
 * This tab among the browser's others. A tab is open as long as it holds the lock of its name, which the browser takes
 * from it when it ends, however it ends.
 * @returns {Promise<Tabs>}
 */
export async function openTabs() {
  const own = newId();
  if (!globalThis.navigator?.locks) return askingTabs(own);
  const { locks } = navigator;
  await new Promise((resolve) => void locks.request(lockOf(own), () => held(resolve)));
  return { own, isOpen: async (tab) => locks.request(lockOf(tab), { ifAvailable: true }, (lock) => lock === null) };
}

/**
 * Where a page has no locks (they need loopback or https) the tabs ask each other.
 * @param {string} own
 * @returns {Tabs}
 */
function askingTabs(own) {
  const channel = new BroadcastChannel("annelid-tabs");
  channel.addEventListener("message", ({ data }) => data.ask === own && channel.postMessage({ here: own }));
  return { own, isOpen: (tab) => answered(channel, tab) };
}

/**
 * @param {BroadcastChannel} channel
 * @param {string} tab
 * @returns {Promise<boolean>}
 */
function answered(channel, tab) {
  return new Promise((resolve) => {
    const hear = (/** @type {MessageEvent} */ { data }) => data.here === tab && end(true);
    const end = (/** @type {boolean} */ isOpen) => {
      channel.removeEventListener("message", hear);
      resolve(isOpen);
    };
    channel.addEventListener("message", hear);
    setTimeout(() => end(false), ANSWER_MS);
    channel.postMessage({ ask: tab });
  });
}

/** @param {string} tab */
function lockOf(tab) {
  return `annelid-tab-${tab}`;
}

/**
 * Say that the lock is there, and never give it back.
 * @param {(value: unknown) => void} tell
 * @returns {Promise<never>}
 */
function held(tell) {
  tell(null);
  return new Promise(() => undefined);
}
