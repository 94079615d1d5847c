// Attributes of one or several objects, as text that a person edits.

/** @typedef {Record<string, unknown>} Extra */

/**
 * The attributes that any of several objects has.
 * @param {Extra[]} extras
 * @returns {{key: string, text: string, differs: boolean}[]} sorted by name
 */
export function common(extras) {
  const keys = [...new Set(extras.flatMap(Object.keys))].sort();
  return keys.map((key) => {
    const texts = new Set(extras.map((extra) => (key in extra ? textOf(extra[key]) : null)));
    const [first] = texts;
    return { key, text: first ?? "", differs: texts.size > 1 };
  });
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * What somebody typed: a number, true, false or JSON where it is that, else the text itself.
 * @param {string} text
 * @returns {unknown}
 */
export function parsedValue(text) {
  const trimmed = text.trim();
  if (!/^(-?\d|true$|false$|null$|[[{"])/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed;
  }
}
