import { get, post } from "../api.js";
import { ago, counted } from "../core/words.js";
import { fill, h } from "../dom.js";
import { PastView } from "./past_view.js";

/** @typedef {import("../types.js").Editor} Editor */

/**
 * One entry of `GET api/views/ID/revisions`.
 * @typedef {Object} Revision
 * @property {number} revision
 * @property {string} author
 * @property {string} message
 * @property {string} created
 * @property {string} state
 * @property {number} n_added
 * @property {number} n_changed
 * @property {number} n_removed
 */

const MOST_ROWS = 200;
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Who changed what and when; any revision can be looked at and restored. */
class HistoryPanel {
  /** @param {Editor} editor */
  constructor(editor) {
    this._editor = editor;
    this._path = `api/views/${encodeURIComponent(editor.view.id)}`;
    this._past = new PastView(editor);
    this._list = h("ul", { class: "list history", id: "history" });
    this._looking = h("div", { class: "notice looking", id: "looking", role: "status" });
    this._looking.hidden = true;
    this.element = h("div", { class: "section-body" }, this._looking, this._list);
    const { autosave } = editor;
    const refresh = () => autosave.state.value === "saved" && this._isSeen() && void this.refresh();
    this._leave = [
      autosave.state.subscribe(refresh),
      editor.store.subscribe(({ origin }) => origin === "remote" && refresh()),
    ];
  }

  /** Nothing is fetched for a panel that is folded. */
  _isSeen() {
    return this.element.closest("details")?.open ?? true;
  }

  async refresh() {
    /** @type {Revision[]} */
    const revisions = await get(`${this._path}/revisions`);
    const newest = [...revisions].sort((a, b) => b.revision - a.revision);
    const rows = newest.slice(0, MOST_ROWS).map((one) => this._row(one, one.revision === newest[0].revision));
    if (rows.length) fill(this._list, rows);
    else fill(this._list, h("li", { class: "dim" }, "Nothing was saved on this image yet."));
  }

  /**
   * @param {Revision} one
   * @param {boolean} isNewest
   */
  _row(one, isNewest) {
    const when = new Date(one.created);
    const words = one.message || "changed";
    const look = () => (isNewest ? this._back() : void this._look(one));
    return h(
      "li",
      {},
      h(
        "button",
        { class: "history-row", "data-revision": one.revision, title: MOMENT.format(when), onclick: look },
        h("span", { class: "history-what" }, words),
        h("span", { class: "number dim" }, amounts(one)),
        h("span", { class: "dim history-who" }, `${one.author.replace(/^human:/, "")}, ${ago(when)}`),
      ),
    );
  }

  /** @param {Revision} one */
  async _look(one) {
    const then = await get(`${this._path}/annotation?revision=${one.revision}`);
    this._past.show(then);
    const when = MOMENT.format(new Date(one.created));
    this._looking.hidden = false;
    fill(
      this._looking,
      h(
        "p",
        {},
        `As it was at revision ${one.revision}, ${when}: ${counted(then.objects.length, "object")}. `,
        "Nothing is changed by looking.",
      ),
      h(
        "div",
        { class: "toolbar" },
        h("button", { class: "button", id: "history-back", onclick: () => this._back() }, "Back to now"),
        h(
          "button",
          { class: "button primary", id: "history-restore", onclick: () => void this._restore(one) },
          "Restore this",
        ),
      ),
    );
    for (const row of this._list.querySelectorAll(".history-row")) {
      row.setAttribute("aria-current", String(row.getAttribute("data-revision") === String(one.revision)));
    }
  }

  _back() {
    this._past.hide();
    this._looking.hidden = true;
    for (const row of this._list.querySelectorAll(".history-row")) row.removeAttribute("aria-current");
  }

  /** @param {Revision} one */
  async _restore({ revision }) {
    const { autosave, author } = this._editor;
    if (!(await autosave.flush()))
      return this._editor.notify("Not all changes are saved yet: then one can go back.", "warning");
    await post(`${this._path}/restore`, { revision, author });
    this._back();
    await autosave.sync();
    await this.refresh();
    this._editor.notify(`Revision ${revision} is back. What was in between stays in the history.`);
  }

  close() {
    this._past.hide();
    for (const leave of this._leave) leave();
  }
}

/** @param {Revision} one */
function amounts({ n_added: added, n_changed: changed, n_removed: removed }) {
  return [added && `+${added}`, changed && `~${changed}`, removed && `−${removed}`].filter(Boolean).join(" ");
}

/** @param {Editor} editor */
export function history(editor) {
  return new HistoryPanel(editor);
}
