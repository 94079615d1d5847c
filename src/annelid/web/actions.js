/**
 * Something that a person can do, by key, by button, or from the help sheet.
 * @typedef {Object} Action
 * @property {string} id
 * @property {string} title
 * @property {string} group heading in the help sheet
 * @property {string[]} keys such as `Ctrl+Z`, `Shift+ArrowLeft`, `b`, `Delete`; Ctrl is also Command
 * @property {() => void} run
 * @property {() => boolean} [when] whether it can be done now
 */

/** All that can be done now; the help sheet and the keyboard read it. */
export class Actions {
  constructor() {
    /** @type {Map<string, Action>} */
    this.all = new Map();
  }

  /**
   * Add actions.
   * @param {Action[]} actions
   * @returns {() => void} take them away again
   */
  add(actions) {
    for (const action of actions) {
      const other = [...this.all.values()].find((one) => one.keys.some((key) => action.keys.includes(key)));
      if (other) throw new Error(`${action.id} and ${other.id} want the same key`);
      this.all.set(action.id, action);
    }
    return () => actions.forEach((action) => this.all.delete(action.id));
  }

  /**
   * Do what the key stands for.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether there was something
   */
  press(event) {
    if (isTyping(event.target)) return false;
    const pressed = keyName(event);
    const action = [...this.all.values()].find((one) => one.keys.includes(pressed) && (one.when?.() ?? true));
    if (!action) return false;
    event.preventDefault();
    action.run();
    return true;
  }
}

/**
 * The name of a key press, as `Action.keys` has it.
 * @param {KeyboardEvent} event
 */
export function keyName(event) {
  const isLetter = event.key.length === 1;
  const modifiers = [
    (event.ctrlKey || event.metaKey) && "Ctrl",
    event.altKey && "Alt",
    event.shiftKey && !(isLetter && event.key.toLowerCase() === event.key.toUpperCase()) && "Shift",
  ];
  const key = event.key === " " ? "Space" : isLetter ? event.key.toLowerCase() : event.key;
  return [...modifiers.filter(Boolean), key].join("+");
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
