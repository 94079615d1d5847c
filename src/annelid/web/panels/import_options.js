import { h } from "../dom.js";
import { field } from "./field.js";

const Z = [
  ["", "the plane in the middle"],
  ["max", "the brightest of all planes (maximum projection)"],
  ["focus", "the sharpest of all planes (focus projection)"],
  ["mean", "the mean of all planes"],
  ["all", "every plane as an image"],
];
const T = [
  ["", "the first time point"],
  ["all", "every time point as an image"],
];

/**
 * How the files shall be understood; folded away, as the server recognises most by itself.
 * @param {{name: string, title: string}[]} formats
 */
export function importOptions(formats) {
  const format = h(
    "select",
    { id: "import-format" },
    h("option", { value: "" }, "recognise it by its content"),
    formats.map(({ name, title }) => h("option", { value: name }, title)),
  );
  const missing = h(
    "select",
    { id: "import-missing" },
    h("option", { value: "new" }, "not annotated yet"),
    h("option", { value: "background" }, "background: there is nothing on them"),
  );
  const z = choice("import-z", Z);
  const t = choice("import-t", T);
  const group = h("input", { id: "import-group", placeholder: "{group}_*", autocomplete: "off" });
  const classes = h("input", { id: "import-classes", placeholder: "nucleus, debris", autocomplete: "off" });
  const element = h(
    "details",
    { class: "import-options" },
    h("summary", {}, "Options"),
    field("Annotation format", format),
    field("Images without annotation are", missing),
    field("Of focal stacks, take", z),
    field("Of movies, take", t),
    field(
      "Group in the file names",
      group,
      "What was taken together (slide, well, patient, movie) is never divided between training and validation. " +
        "Empty: as far as the names tell.",
    ),
    field("Names of the classes", classes, "For annotation that only has numbers, or none, as label images."),
  );
  return {
    element,
    value: () => ({
      format: format.value,
      missing: missing.value,
      z: z.value,
      t: t.value,
      group: group.value.trim(),
      classes: names(classes.value),
    }),
  };
}

/** @param {string} text */
function names(text) {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/**
 * @param {string} id
 * @param {string[][]} options value and words
 */
function choice(id, options) {
  return h(
    "select",
    { id },
    options.map(([value, words]) => h("option", { value }, words)),
  );
}
