/**
 * Whether two values that came from JSON say the same; keys may be in any order.
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean}
 */
export function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(Reflect.get(a, key), Reflect.get(b, key)));
}

/**
 * @param {unknown[]} a
 * @param {unknown[]} b
 */
function equalLists(a, b) {
  if (a.length !== b.length) return false;
  for (let n = 0; n < a.length; n++) if (!equal(a[n], b[n])) return false;
  return true;
}
