import { Journal } from "./core/journal.js";
import { openShelf } from "./core/shelf.js";
import { openTabs } from "./core/tabs.js";
import { get } from "./api.js";

/** @type {Promise<Journal> | null} */
let opened = null;

/** This tab's journal of unsent changes, one for all images. */
export function journalOfPage() {
  opened ??= open();
  return opened;
}

async function open() {
  const [project, shelf, tabs] = await Promise.all([get("api/project"), openShelf(), openTabs()]);
  return new Journal(project.root ?? project.name, shelf, tabs);
}
