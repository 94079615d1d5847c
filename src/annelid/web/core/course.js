// The course of a training: columns of numbers, an entry per epoch, as charts want them.

/**
 * One line of a chart.
 * @typedef {Object} Line
 * @property {string} name
 * @property {"train" | "val" | "first" | "second"} look
 * @property {(number | null)[]} values one per epoch
 */

/**
 * @typedef {Object} Chart
 * @property {string} title
 * @property {"loss" | "metric"} kind
 * @property {Line[]} lines
 */

/** @typedef {Record<string, (number | null)[]>} Columns */

/** @type {Record<string, string>} */
const LOSSES = {
  box_loss: "Boxes",
  seg_loss: "Outlines (masks)",
  cls_loss: "Classes",
  dfl_loss: "Edges of boxes",
  l1_loss: "Edges of boxes",
  sem_loss: "Regions",
};

/**
 * The columns with an epoch more, or with one that was run anew after an interruption.
 * @param {Columns} columns
 * @param {{epoch: number, losses?: Record<string, number>, val_losses?: Record<string, number>, metrics?: Record<string, number>}} record
 * @returns {Columns}
 */
export function withEpoch(columns, record) {
  const kept = (columns.epoch ?? []).filter((epoch) => (epoch ?? 0) < record.epoch).length;
  /** @type {Record<string, number>} */
  const row = { epoch: record.epoch };
  for (const [prefix, values] of /** @type {const} */ ([
    ["train/", record.losses],
    ["val/", record.val_losses],
    ["metrics/", record.metrics],
  ])) {
    for (const [name, value] of Object.entries(values ?? {})) row[prefix + name] = value;
  }
  const names = new Set([...Object.keys(columns), ...Object.keys(row)]);
  return Object.fromEntries([...names].map((name) => [name, [...padded(columns[name], kept), row[name] ?? null]]));
}

/**
 * @param {(number | null)[] | undefined} values
 * @param {number} length
 */
function padded(values, length) {
  return Array.from({ length }, (_, n) => values?.[n] ?? null);
}

/**
 * The charts of a course: how good it is first, then each loss, in training and on images that it does not learn from.
 * @param {Columns} columns
 * @returns {Chart[]}
 */
export function chartsOf(columns) {
  const kind = "metrics/mAP50(M)" in columns ? "M" : "B";
  const what = kind === "M" ? "outlines" : "boxes";
  const losses = Object.keys(columns)
    .filter((name) => /^(train|val)\//.test(name))
    .map((name) => name.replace(/^\w+\//, ""));
  return [
    chart(`How good: ${what}`, "metric", columns, [
      ["mAP 50", "first", `metrics/mAP50(${kind})`],
      ["mAP 50–95", "second", `metrics/mAP50-95(${kind})`],
    ]),
    chart("Right among the drawn, found among the true", "metric", columns, [
      ["precision", "first", `metrics/precision(${kind})`],
      ["recall", "second", `metrics/recall(${kind})`],
    ]),
    ...[...new Set(losses)].map((name) =>
      chart(`Loss: ${LOSSES[name] ?? name}`, "loss", columns, [
        ["training", "train", `train/${name}`],
        ["validation", "val", `val/${name}`],
      ]),
    ),
  ].filter(({ lines }) => lines.length);
}

/**
 * @param {string} title
 * @param {"loss" | "metric"} kind
 * @param {Columns} columns
 * @param {[string, Line["look"], string][]} wanted
 * @returns {Chart}
 */
function chart(title, kind, columns, wanted) {
  const lines = wanted.flatMap(([name, look, column]) =>
    hasValues(columns[column], kind) ? [{ name, look, values: columns[column] ?? [] }] : [],
  );
  return { title, kind, lines };
}

/**
 * Whether there is something to draw: a loss that is always 0 is of another task, a metric of 0 says something.
 * @param {(number | null)[] | undefined} values
 * @param {Chart["kind"]} kind
 */
function hasValues(values, kind) {
  return values?.some((value) => value !== null && (kind === "metric" || value > 0)) ?? false;
}

/**
 * The epoch that is best so far by mAP 50-95, counted from 1; 0 while there is none.
 * @param {Columns} columns
 */
export function bestEpoch(columns) {
  const names = Object.keys(columns).filter((name) => name.startsWith("metrics/mAP50-95"));
  const epochs = columns.epoch ?? [];
  const sums = epochs.map((_, n) => names.reduce((sum, name) => sum + (columns[name]?.[n] ?? 0), 0));
  const best = Math.max(0, ...sums);
  return best > 0 ? (epochs[sums.lastIndexOf(best)] ?? 0) : 0;
}

/**
 * A duration for people: `12 s`, `3 min`, `2 h 5 min`.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60)
    return whole < 600 && whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
