/** @typedef {import("../panels/jobs.js").Job} Job */

/**
 * What a person who looks elsewhere is told.
 * @typedef {Object} News
 * @property {string} text
 * @property {"info" | "error"} level
 */

/** @type {Record<string, [string, string]>} */
const WORDS = {
  train: ["Training", "The training"],
  resume: ["Training", "The training"],
  propose: ["Proposing", "Proposing objects"],
  predict: ["Predicting", "The prediction"],
  evaluate: ["Measuring", "Measuring the model"],
  export: ["Exporting", "The export"],
  check: ["Checking", "The data check"],
  diagnose: ["Diagnosing", "The diagnosis"],
};

/**
 * What became of a job, as far as it is worth a notice.
 * @param {Job | undefined} before
 * @param {Job} now
 * @returns {News | null}
 */
export function newsOf(before, now) {
  if (!before || before.state === now.state) return null;
  const what = WORDS[now.verb]?.[1] ?? now.verb;
  if (now.state === "finished") return { text: `${what} is done.`, level: "info" };
  if (now.state !== "failed") return null;
  const step = now.error.next_step ? `\n${now.error.next_step}` : "";
  return { text: `${what} failed: ${now.error.message ?? "its log tells why"}${step}`, level: "error" };
}

/**
 * What runs and waits, in a few words; "" where nothing does.
 * @param {Iterable<Job>} jobs
 */
export function atWork(jobs) {
  const open = [...jobs].filter(({ state }) => state === "running" || state === "queued");
  const running = open.find(({ state }) => state === "running");
  if (!open.length) return "";
  if (!running) return `${open.length} waiting`;
  const { done = 0, of = 0 } = running.progress ?? {};
  const share = of > 0 ? ` ${Math.floor((100 * done) / of)} %` : "";
  const more = open.length > 1 ? `, ${open.length - 1} more` : "";
  return `${WORDS[running.verb]?.[0] ?? running.verb}${share}${more}`;
}
