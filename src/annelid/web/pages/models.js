import { get, post } from "../api.js";
import { duration } from "../core/course.js";
import { hashOf } from "../core/route.js";
import { ago, counted, listed } from "../core/words.js";
import { fill, h } from "../dom.js";
import { jobsPanel } from "../panels/jobs.js";
import { useModel } from "../panels/use_model.js";

/** @typedef {import("../training_types.js").Card} Card */
/** @typedef {import("../types.js").App} App */

/** @type {import("../types.js").Mount} */
export async function mount(host, app) {
  const jobs = jobsPanel(app);
  const list = h("div", { class: "column" });
  fill(host, h("div", { class: "columns" }, list, h("div", { class: "column" }, jobs.element)));
  const show = async () => fill(list, library(await get("api/models"), app));
  const tell = () => show().catch((error) => app.notify(error.message, "error"));
  await show();
  const leave = [app.live.on("models", tell), app.live.on("job", ({ ended }) => ended && tell())];
  return () => [jobs.close, ...leave].forEach((stop) => stop());
}

/**
 * @param {Card[]} cards
 * @param {App} app
 */
function library(cards, app) {
  if (!cards.length) {
    return h(
      "div",
      { class: "empty" },
      h("h2", {}, "No model yet"),
      h("p", {}, "Every training adds one here, with all that is to know of it."),
      h("p", {}, h("a", { class: "button primary", href: "#/train" }, "Train one")),
    );
  }
  const names = [...new Set(cards.map(({ name }) => name))];
  return names.map((name) =>
    model(
      name,
      cards.filter((card) => card.name === name),
      app,
    ),
  );
}

/**
 * A model with its versions, the newest first.
 * @param {string} name
 * @param {Card[]} versions
 * @param {App} app
 */
function model(name, versions, app) {
  const promoted = versions.find((card) => card.promoted) ?? versions[0];
  const earlier = versions.some(({ version }) => version < promoted.version);
  const back = earlier
    ? h(
        "button",
        {
          class: "button quiet",
          "data-act": "rollback",
          onclick: act(`api/models/${encodeURIComponent(name)}/rollback`, app),
        },
        "Roll back",
      )
    : null;
  return h(
    "section",
    { class: "panel model", "data-model": name },
    h(
      "div",
      { class: "toolbar" },
      h("h3", {}, name),
      h("span", { class: "dim small" }, `the bare name means v${promoted.version}`),
      h("span", { class: "spacer" }),
      back,
    ),
    versions.map((card) => version(card, app)),
  );
}

/**
 * @param {Card} card
 * @param {App} app
 */
function version(card, app) {
  const promote = card.promoted
    ? h("span", { class: "chip good" }, "in use")
    : h(
        "button",
        {
          class: "button quiet",
          "data-act": "promote",
          onclick: act(`api/models/${encodeURIComponent(card.reference)}/promote`, app),
        },
        "Use this one",
      );
  return h(
    "article",
    { class: "version", "data-version": card.reference },
    h(
      "div",
      { class: "toolbar" },
      h("h4", {}, `v${card.version}`),
      promote,
      h("span", { class: "spacer" }),
      h("span", { class: "dim small" }, ago(new Date(card.created))),
    ),
    h("p", {}, figures(card.metrics)),
    h("p", { class: "small dim" }, lineage(card)),
    card.leakage.map((text) => h("p", { class: "notice warning small" }, text)),
    h(
      "div",
      { class: "toolbar" },
      h("button", { class: "button", "data-act": "use", onclick: () => useModel(card, app) }, "Find objects with it"),
      h(
        "a",
        { class: "button quiet", href: `#/train?model=${encodeURIComponent(card.reference)}` },
        "Train on from it",
      ),
      card.run ? h("a", { class: "button quiet", href: hashOf("runs", card.run) }, "Its training") : null,
    ),
    details(card),
  );
}

/** @param {Card["metrics"]} metrics */
function figures(metrics) {
  const told = ["test", "val"].flatMap((part) => {
    const of = metrics[part]?.mask ?? metrics[part]?.box;
    if (!of) return [];
    const numbers = [
      ["F1", of.F1],
      ["P", of.P],
      ["R", of.R],
      ["mAP 50", of.mAP50],
      ["mAP 50–95", of["mAP50-95"]],
    ];
    const said = numbers
      .filter(([, value]) => typeof value === "number")
      .map(([name, value]) =>
        h("span", { class: "figure" }, h("span", { class: "dim" }, `${name} `), h("b", {}, Number(value).toFixed(3))),
      );
    return [
      h("span", { class: "figures-line" }, h("span", { class: "dim" }, part === "test" ? "test" : "validation"), said),
    ];
  });
  return told.length ? told : [h("span", { class: "dim" }, "not measured yet")];
}

/** @param {Card} card */
function lineage(card) {
  const images = Object.entries(card.images).map(([part, count]) => `${count} ${part}`);
  const objects = Object.entries(card.objects).map(([name, count]) => counted(Number(count), name, name));
  const from = card.parent ? `trained on from ${card.parent}` : `started from ${card.started_from}`;
  return `${card.engine}, ${from}; ${listed(images)} images, learned from ${listed(objects)}; ${counted(card.epochs_run, "epoch")} in ${duration(card.seconds)}.`;
}

/** @param {Card} card */
function details(card) {
  const rows = [
    ["classes", card.classes.join(", ")],
    [
      "predicts with",
      Object.entries(card.thresholds)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    [
      "preprocessing",
      Object.entries(card.preprocessing)
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
        .join(", "),
    ],
    ["machine", card.machine],
    [
      "versions",
      Object.entries(card.versions)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    ["licence", card.licence],
    ["weights", `${card.weights}, SHA-256 ${card.sha256.slice(0, 12)}…`],
    ["notes", [card.notes, ...card.remarks].filter(Boolean).join(" ")],
  ].filter(([, value]) => value);
  return h(
    "details",
    {},
    h("summary", { class: "small dim" }, "Card"),
    h(
      "table",
      { class: "table small" },
      h(
        "tbody",
        {},
        rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name ?? ""), h("td", {}, value ?? ""))),
      ),
    ),
  );
}

/**
 * @param {string} path
 * @param {App} app
 */
function act(path, app) {
  return () =>
    post(path)
      .then((card) => app.notify(`${card.name} now means ${card.reference}.`))
      .catch((error) => app.notify(`${error.message}. ${error.nextStep}`, "error"));
}
