import { get } from "../api.js";
import { atWork, newsOf } from "../core/job_news.js";
import { fill, h } from "../dom.js";

/** @typedef {import("./jobs.js").Job} Job */

/**
 * What runs, in the header of every page; what ends is told wherever one is.
 * @param {import("../types.js").App} app
 */
export function jobSign(app) {
  const words = h("span");
  const sign = h(
    "a",
    { class: "chip job-sign", id: "job-sign", href: "#/train", hidden: true },
    h("span", { class: "spinner" }),
    words,
  );
  /** @type {Map<string, Job>} */
  const jobs = new Map();
  const draw = () => {
    const text = atWork(jobs.values());
    sign.hidden = !text;
    fill(words, text);
  };
  const heard = (/** @type {Job} */ job) => {
    const news = newsOf(jobs.get(job.id), job);
    jobs.set(job.id, job);
    if (news) app.notify(news.text, news.level);
    draw();
  };
  app.live.on("job", heard);
  app.live.on("hello", async () => {
    const listed = /** @type {Job[]} */ (await get("api/jobs").catch(() => []));
    listed.forEach(heard);
  });
  return sign;
}
