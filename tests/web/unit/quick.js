import assert from "node:assert/strict";
import process from "node:process";

/**
 * Do something and see that it takes the processor less than so many milliseconds, whatever else the machine does.
 * @template T
 * @param {number} ms
 * @param {() => T} work
 */
export function within(ms, work) {
  const before = process.cpuUsage();
  const made = work();
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 1000 * ms, `${(user + system) / 1000} ms`);
  return made;
}
