import { ApiError } from "../../../src/annelid/web/api.js";
import { COVERED, STATE, isEmpty, normalised, touched } from "../../../src/annelid/web/core/change.js";

/** @typedef {import("../../../src/annelid/web/types.js").Change} Change */

/** A server of one view, with the store's rules: only what changed since its author saw it is refused. */
export class FakeServer {
  /** @param {import("../../../src/annelid/web/types.js").Annotation} start */
  constructor(start) {
    this.view = start.view;
    this.revision = start.revision;
    this.state = start.state;
    this.covered = start.covered;
    this.objects = new Map(start.objects.map((object) => [object.id, object]));
    /** @type {Map<string, number>} revision in which each object, the areas and the state were touched last */
    this.touched = new Map();
    /** @type {Change[]} */
    this.saves = [];
    /** @type {((change: Change) => void) | null} throws what goes wrong on the way there */
    this.before = null;
    /** @type {(() => void) | null} throws what goes wrong on the way back */
    this.after = null;
    this.loads = 0;
  }

  /**
   * Somebody else's change, or one's own.
   * @param {Partial<Change>} wish
   * @param {number} base
   */
  write(wish, base = this.revision) {
    const change = normalised(this, JSON.parse(JSON.stringify(wish)));
    const set = [...touched(change), ...(change.covered ? [COVERED] : []), ...(change.state ? [STATE] : [])];
    const stale = set.filter((id) => (this.touched.get(id) ?? 0) > base);
    if (stale.length) throw new ApiError(409, { message: `${stale} changed since` });
    if (isEmpty(change)) return this.revision;
    this.revision += 1;
    for (const id of set) this.touched.set(id, this.revision);
    for (const id of change.removed) this.objects.delete(id);
    for (const object of change.upsert) this.objects.set(object.id, object);
    this.covered = change.covered ?? this.covered;
    this.state = change.state ?? this.state;
    return this.revision;
  }

  /** @param {Change & {base_revision: number}} body */
  async save({ base_revision, ...change }) {
    await null;
    this.before?.(change);
    this.saves.push(change);
    const others = this.revision > base_revision;
    const revision = this.write(change, base_revision);
    this.after?.();
    return { revision, others };
  }

  async load() {
    await null;
    this.before?.({ upsert: [], removed: [] });
    this.loads += 1;
    return this.annotation;
  }

  /** @returns {import("../../../src/annelid/web/types.js").Annotation} */
  get annotation() {
    const { view, revision, state, covered } = this;
    return structuredClone({ view, revision, state, covered, objects: [...this.objects.values()] });
  }
}
