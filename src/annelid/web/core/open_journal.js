import { get } from "../api.js";
import { Journal } from "./journal.js";
import { openShelf } from "./shelf.js";
import { openTabs } from "./tabs.js";

/** @type {Promise<Journal> | null} */
let journal = null;

/**
 * The journal of this tab in the project that is served; the same one every time.
 * @returns {Promise<Journal>}
 */
export function openJournal() {
  journal ??= opened();
  return journal;
}

async function opened() {
  const [project, shelf, tabs] = await Promise.all([get("api/project"), openShelf(), openTabs()]);
  return new Journal(project.id ?? project.name, shelf, tabs);
}
