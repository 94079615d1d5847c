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

const LONG = new Set(["train", "resume"]);

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
  const done = shareOf(running);
  const share = done === null ? "" : ` ${Math.floor(100 * done)} %`;
  const more = open.length > 1 ? `, ${open.length - 1} more` : "";
  return `${WORDS[running.verb]?.[0] ?? running.verb}${share}${more}`;
}

/**
 * How much of a job is done; null where that is not known.
 * @param {Job} job
 * @returns {number | null} 0..1
 */
export function shareOf({ verb, progress: { what = "", done = 0, of = 0 } }) {
  const part = of > 0 ? done / of : 0;
  const [, epoch, epochs] = /^epoch (\d+)\/(\d+)/.exec(what) ?? []; // a batch of it
  if (epoch && epochs) return (Number(epoch) - 1 + part) / Number(epochs);
  const isWhole = what === "epoch" || !LONG.has(verb); // what is prepared for a training is no share of it
  return of > 0 && isWhole ? part : null;
}

/**
 * The run that somebody who has just begun a training wants to see: as soon as there is one.
 * @param {string} awaited id of the job; "" where nobody waits
 * @param {Job} job
 * @returns {string} name of the run, or ""
 */
export function runToOpen(awaited, job) {
  return job.id === awaited && ["running", "finished"].includes(job.state) ? (job.run ?? "") : "";
}

/**
 * Whether a later job goes on with the run of a job that did not come to its end.
 * @param {Job} job
 * @param {Iterable<Job>} jobs
 */
export function isTakenUp({ id, run }, jobs) {
  const goesOn = (/** @type {Job} */ job) => job.verb === "resume" && job.arguments.run === run;
  return Boolean(run) && [...jobs].some((other) => Number(other.id) > Number(id) && goesOn(other));
}
