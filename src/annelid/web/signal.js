/**
 * A value that tells who listens when it is replaced.
 * @template T
 */
export class Signal {
  /** @param {T} value */
  constructor(value) {
    this._value = value;
    /** @type {Set<(value: T) => void>} */
    this._listeners = new Set();
  }

  get value() {
    return this._value;
  }

  set value(value) {
    if (Object.is(value, this._value)) return;
    this._value = value;
    for (const listener of [...this._listeners]) listener(value);
  }

  /**
   * Call a function with every new value.
   * @param {(value: T) => void} listener
   * @returns {() => void} stop listening
   */
  subscribe(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }
}
