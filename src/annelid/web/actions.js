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
    if (isTaken(event)) return false;
    const pressed = keyName(event);
    const action = [...this.all.values()].find((one) => one.keys.includes(pressed) && (one.when?.() ?? true));
    if (!action) return false;
    event.preventDefault();
    action.run();
    return true;
  }
}

/**
 * The name of a key press, as `Action.keys` has it: letters are small alone and large behind Ctrl, Alt or Shift.
 * @param {KeyboardEvent} event
 */
export function keyName(event) {
  const isWrittenOver = event.altKey && /^Key[A-Z]$/.test(event.code); // Alt+h is ˙ on a Mac
  const character = isWrittenOver ? event.code.slice(3).toLowerCase() : event.key;
  const isLetter = character.length === 1 && character.toLowerCase() !== character.toUpperCase();
  const modifiers = [
    (event.ctrlKey || event.metaKey) && "Ctrl",
    event.altKey && "Alt",
    event.shiftKey && (isLetter || character.length > 1) && "Shift",
  ].filter(Boolean);
  const letter = modifiers.length ? character.toUpperCase() : character.toLowerCase();
  return [...modifiers, character === " " ? "Space" : isLetter ? letter : character].join("+");
}

/**
 * Whether a control has its own use for a key; nothing is done behind a dialog.
 * @param {KeyboardEvent} event
 */
export function isTaken(event) {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("dialog")) return true;
  if (target.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio], [type=color])"))
    return true;
  if (target.matches("input")) return /^(Arrow|Page|Home|End| )/.test(event.key);
  const isBare = !event.ctrlKey && !event.metaKey && !event.altKey;
  return isBare && target.matches("button, a, summary") && (event.key === "Enter" || event.key === " ");
}
