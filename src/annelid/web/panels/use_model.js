import { get, post } from "../api.js";
import { counted } from "../core/words.js";
import { h } from "../dom.js";
import { ask } from "./dialog.js";
import { field } from "./field.js";

/** @typedef {import("../types.js").App} App */
/** @typedef {import("../types.js").ViewSummary} ViewSummary */

/**
 * Ask on which images a model shall find objects, and whether as proposals to correct or as files; queue that.
 * @param {import("../training_types.js").Card} card
 * @param {App} app
 */
export async function useModel(card, app) {
  const views = /** @type {ViewSummary[]} */ (await get("api/views"));
  const open = views.filter(({ state }) => state !== "reviewed");
  const filter = h("input", { id: "use-filter", type: "search", placeholder: "part of a name", autocomplete: "off" });
  const conf = h("input", {
    id: "use-conf",
    type: "number",
    min: 0,
    max: 1,
    step: "any",
    placeholder: String(card.thresholds.conf ?? "its own"),
  });
  const said = h("p", { class: "dim small", role: "status" });
  const chosen = () => views.filter(({ name }) => name.toLowerCase().includes(filter.value.trim().toLowerCase()));
  const tell = () => {
    const now = chosen();
    const fresh = now.filter(({ state }) => state !== "reviewed").length;
    said.textContent = `${counted(now.length, "image")}, of which ${fresh} nobody has reviewed: proposals go to those only.`;
  };
  filter.addEventListener("input", tell);
  tell();
  const body = [
    field("Images", filter, "Empty: all of them."),
    said,
    field("Least confidence", conf, "Empty: what it predicts with, the best on validation."),
    h(
      "p",
      { class: "small dim" },
      "Proposals are put on the images, dashed, to be accepted or corrected. Files (COCO, masks) go to predictions/ in the project and leave the annotation as it is.",
    ),
  ];
  const answers = /** @type {import("./dialog.js").Answer[]} */ ([
    { value: "predict", label: "Write files" },
    { value: "propose", label: "Propose", kind: "primary" },
  ]);
  const verb = await ask(`Find objects with ${card.reference}`, body, answers);
  if (!verb) return;
  const wanted = verb === "propose" ? chosen().filter((view) => open.includes(view)) : chosen();
  if (!wanted.length)
    return app.notify(
      verb === "propose"
        ? "All of these images are reviewed: there is nothing to propose on."
        : "There is no such image.",
      "warning",
    );
  const more = conf.value === "" ? {} : { conf: Number(conf.value) };
  const files = verb === "predict" ? { save: ["coco", "masks"] } : {};
  try {
    await post("api/jobs", {
      verb,
      arguments: { model: card.reference, images: wanted.map(({ id }) => id), ...files, ...more },
    });
    app.notify(
      verb === "propose"
        ? "Proposals are on their way; they appear on the images."
        : "The predictions go to predictions/ in the project.",
    );
  } catch (error) {
    app.notify(error instanceof Error ? error.message : String(error), "error");
  }
}
