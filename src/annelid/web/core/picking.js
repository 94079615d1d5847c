/**
 * Which items of a list are picked, and where one is: as lists on a desktop do.
 */
export class Picking {
  constructor() {
    /** @type {string[]} */
    this.ids = [];
    /** @type {Set<string>} */
    this.picked = new Set();
    this.current = "";
    this._anchor = "";
  }

  /**
   * The list is another one now; what is no longer in it is not picked.
   * @param {string[]} ids
   */
  show(ids) {
    this.ids = ids;
    const there = new Set(ids);
    this.picked = new Set([...this.picked].filter((id) => there.has(id)));
    if (!there.has(this.current)) this.current = ids[0] ?? "";
  }

  /** Index of the item where one is, -1 in an empty list. */
  get index() {
    return this.ids.indexOf(this.current);
  }

  /**
   * Go to an item.
   * @param {number} index is brought into the list
   * @param {boolean} [extend] pick all from where one began
   */
  go(index, extend = false) {
    const from = this._anchor || this.current;
    this.current = this.ids[Math.max(0, Math.min(this.ids.length - 1, index))] ?? "";
    if (extend) this._pickRange(from);
    else this._anchor = "";
  }

  /**
   * Pick an item, or let it go.
   * @param {string} id
   */
  toggle(id) {
    this.current = id;
    this._anchor = id;
    if (!this.picked.delete(id)) this.picked.add(id);
  }

  /**
   * Pick all from where one began to an item.
   * @param {string} id
   */
  extendTo(id) {
    const from = this._anchor || this.current;
    this.current = id;
    this._pickRange(from);
  }

  all() {
    this.picked = new Set(this.ids);
  }

  none() {
    this.picked = new Set();
    this._anchor = "";
  }

  /** @param {string} from */
  _pickRange(from) {
    const [a, b] = [this.ids.indexOf(from), this.index].sort((x, y) => x - y);
    this._anchor = from;
    for (const id of this.ids.slice(Math.max(0, a ?? 0), (b ?? 0) + 1)) this.picked.add(id);
  }
}
