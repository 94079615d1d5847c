import { h } from "../dom.js";

/** @type {Record<string, string>} */
const TITLES = {
  "val_batch0_labels.jpg": "Validation: the truth",
  "val_batch0_pred.jpg": "Validation: predicted",
  "train_batch0.jpg": "What is learned from, augmented",
  "labels.jpg": "Sizes and places of the objects",
};

/**
 * The pictures that a run has so far: truth and predictions on validation images side by side first.
 * @param {import("../training_types.js").Run} run
 */
export function runPictures(run) {
  const names = run.pictures;
  const first = Object.keys(TITLES).filter((name) => names.includes(name));
  if (!names.length) return null;
  const others = names.filter((name) => !(name in TITLES));
  return h(
    "section",
    { class: "panel", id: "run-pictures" },
    h("h3", {}, "Pictures"),
    h(
      "div",
      { class: "pictures" },
      first.map((name) => picture(run.name, name, run.epoch)),
    ),
    others.length
      ? h(
          "details",
          {},
          h("summary", {}, `${others.length} more`),
          h(
            "div",
            { class: "pictures" },
            others.map((name) => picture(run.name, name, run.epoch)),
          ),
        )
      : null,
  );
}

/**
 * @param {string} run
 * @param {string} name
 * @param {number} epoch asked for anew with every epoch
 */
function picture(run, name, epoch) {
  const href = `api/runs/${encodeURIComponent(run)}/files/${encodeURIComponent(name)}?epoch=${epoch}`;
  const title = TITLES[name] ?? name;
  return h(
    "figure",
    {},
    h("a", { href, target: "_blank", rel: "noopener" }, h("img", { src: href, alt: title, loading: "lazy" })),
    h("figcaption", { class: "small dim" }, title),
  );
}
