// Small things that this browser remembers; where storage is forbidden, only as long as the page is open.

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {string} key
 * @returns {string | null}
 */
export function kept(key) {
  try {
    return localStorage.getItem(`annelid.${key}`);
  } catch {
    return memory.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function keep(key, value) {
  try {
    localStorage.setItem(`annelid.${key}`, value);
  } catch {
    memory.set(key, value);
  }
}
