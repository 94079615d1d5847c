import { Journal } from "./core/journal.js";
import { openShelf } from "./core/shelf.js";
import { openTabs } from "./core/tabs.js";
import { get } from "./api.js";

/** @type {Promise<Journal> | null} */
let opened = null;

/** This tab's journal of unsent changes, one for all images. */
export function journalOfPage() {
  opened ??= open().catch((error) => {
    opened = null; // it is tried again for the next image
    throw error;
  });
  return opened;
}

async function open() {
  const [project, shelf, tabs] = await Promise.all([get("api/project"), openShelf(), openTabs()]);
  return new Journal(project.id, shelf, tabs);
}
