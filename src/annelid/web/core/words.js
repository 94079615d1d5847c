// Numbers and sizes in words, the same on every page.

const NUMBER = new Intl.NumberFormat("en");
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/**
 * A number with its thousands apart.
 * @param {number} value
 */
export function number(value) {
  return NUMBER.format(value);
}

/**
 * `1 image`, `1,204 objects`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/**
 * A size in bytes for people: `812 bytes`, `3.4 MB`.
 * @param {number} size
 */
export function bytes(size) {
  let unit = 0;
  let value = size;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * Several things as a sentence has them: `a, b and c`.
 * @param {string[]} parts
 */
export function listed(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

/**
 * How long ago something was: `just now`, `5 min ago`, `3 h ago`, else the date.
 * @param {Date} then
 * @param {Date} [now]
 */
export function ago(then, now = new Date()) {
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return then.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}
